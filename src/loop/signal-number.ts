/** Signals as users name them: by name or by number. */
import { constants } from 'node:os'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'

/** The number and the name of a signal. Throws a TypeError or a RangeError that names the argument. */
export function resolveSignal(call: string, signal: string | number): [signum: number, name: string] {
  const signals = Object.entries(constants.signals) as [string, number][]
  if (typeof signal !== 'string' && typeof signal !== 'number') {
    throw argumentTypeError(call, 'signal', 'a signal name such as SIGTERM, or its number', signal)
  }
  const found = signals.find(([name, signum]) => name === signal || signum === signal)
  if (found === undefined) throw argumentRangeError(call, 'signal', 'a signal of this system, such as SIGTERM', signal)
  return [found[1], found[0]]
}
