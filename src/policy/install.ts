/** The drop-in way: one line pins the loop of this environment and of every Worker started from it. */
import { setEnvironmentData } from 'node:worker_threads'
import { argumentRangeError } from '../base/argument-errors.ts'
import { loadBinding } from '../native/binding.ts'
import { nativeUnavailable, warnOfFallback } from './native-unavailable.ts'
import { choose, INSTALLED, loopName, policyNamed } from './policy.ts'

/** Options of {@link install}. `timers` and `net` are names reserved for later. */
export interface InstallOptions {
  /** Which loop. Default `native`. */
  readonly loop?: 'native' | 'portable'
  /** Throw when the native loop is not available, in place of warning once and going on with the portable one. */
  readonly required?: boolean
}

const OPTIONS = new Set(['loop', 'required'])

/**
 * Pin the loop for this environment and every Worker started from it. Returns a function that restores what was before.
 * Stands for `uvloop.install`.
 *
 * @throws Error with code `ERR_AIOLOOP_NATIVE_UNAVAILABLE` when `required` and the native loop cannot be had; RangeError for an
 * unknown loop or option.
 *
 * @example
 * ```ts
 * const restore = install({ loop: 'portable' })
 * console.log(loopInfo().loop)
 * restore()
 * ```
 */
export function install(options: InstallOptions = {}): () => void {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.has(name))
      throw argumentRangeError('install', 'options', "an object with 'loop' and 'required' only", name)
  }
  const { loop = 'native', required = false } = options
  loopName('options.loop', loop)
  const loaded = loop === 'native' ? loadBinding() : undefined
  if (loaded?.reason !== undefined) {
    if (required) throw nativeUnavailable('install', loaded.reason)
    warnOfFallback(loaded.reason)
  }
  const before = choose({ policy: policyNamed(loop), chosenBy: 'install' })
  setEnvironmentData(INSTALLED, loop)
  return () => {
    choose(before)
    setEnvironmentData(INSTALLED, before?.chosenBy === 'install' ? before.policy.name : undefined)
  }
}
