/** Checks of the arguments that many calls share. Each error names the call and the argument. */
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import type { Callback } from './handle.ts'

export function mustBeCallback(call: string, callback: unknown, argument = 'callback'): void {
  if (typeof callback !== 'function') throw argumentTypeError(call, argument, 'a function', callback)
}

/** A callback is called and no more: a coroutine function would make a coroutine that nobody runs. */
export function mustNotBeCoroutine(call: string, callback: Callback): void {
  const name = callback.constructor?.name
  if (name !== 'AsyncFunction' && name !== 'GeneratorFunction') return
  throw usageTypeError(`${call}: 'callback' is a coroutine function, which nobody would wait for; use createTask`)
}

/** A number of milliseconds or a point on the clock: any number but NaN; negative means due at once. */
export function mustBeTime(call: string, argument: string, value: unknown): void {
  if (typeof value !== 'number') throw argumentTypeError(call, argument, 'a number of milliseconds', value)
  if (Number.isNaN(value)) throw argumentRangeError(call, argument, 'a number of milliseconds', value)
}

/** What makes a protocol: a function to call. A class is none. */
export function mustBeFactory(call: string, factory: unknown): void {
  mustBeCallback(call, factory, 'protocolFactory')
  if (!isClass(factory as object)) return
  const { name } = factory as { readonly name: string }
  const made = `new ${name === '' ? 'MyProtocol' : name}()`
  throw usageTypeError(
    `${call}: 'protocolFactory' must be a function that makes a protocol, not a class; write () => ${made}`,
  )
}

/** The prototype of a function may be replaced, unless somebody froze it; that of a class never. */
function isClass(callable: object): boolean {
  if (Object.getOwnPropertyDescriptor(callable, 'prototype')?.writable !== false) return false
  return Function.prototype.toString.call(callable).startsWith('class')
}

/** The trailing options object, or another that is named, which may be left out. */
export function mustBeOptions(call: string, options: unknown, argument = 'options'): void {
  if (options === undefined || (typeof options === 'object' && options !== null && !Array.isArray(options))) return
  throw argumentTypeError(call, argument, 'an object, or left out', options)
}
