/**
 * Which loop a program gets. The policy of an environment (the main thread, or one Worker) makes its loops; it is chosen by
 * code (`setEventLoopPolicy`, `install`), else by `AIOLOOP_LOOP`, else it is native where the addon loads and portable
 * elsewhere. A demand for the native loop that cannot be met is an error; a fall back that nobody asked for is told once.
 *
 * This is the only importer of the two backends.
 */
import { getEnvironmentData } from 'node:worker_threads'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import { EventLoop as LoopOnBackend } from '../event-loop/event-loop.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import { findRunningLoop, running } from '../loop/running.ts'
import { loadBinding } from '../native/binding.ts'
import { NativeBackend } from '../native/native-backend.ts'
import { PortableBackend } from '../portable/portable-backend.ts'
import { nativeUnavailable, warnOfFallback } from './native-unavailable.ts'

/** Options of {@link newEventLoop}. */
export interface LoopOptions {
  /** A loop of its own that blocks the thread, in place of one beside Node's own work. Default false. */
  readonly standalone?: boolean
}

/** Makes the loops of an environment. Stands for `asyncio.AbstractEventLoopPolicy`. */
export interface EventLoopPolicy {
  /** `native`, `portable`, or a name of your own. */
  readonly name: string
  newEventLoop(options?: LoopOptions): EventLoop
}

/**
 * Always the native loop.
 *
 * @example
 * ```ts
 * setEventLoopPolicy(new NativeEventLoopPolicy())
 * ```
 */
export class NativeEventLoopPolicy implements EventLoopPolicy {
  readonly name = 'native'

  /** @throws Error with code `ERR_AIOLOOP_NATIVE_UNAVAILABLE` and the reason, where the addon cannot load. */
  newEventLoop(options: LoopOptions = {}): EventLoop {
    return nativeLoop('NativeEventLoopPolicy', options)
  }
}
brand(NativeEventLoopPolicy, 'NativeEventLoopPolicy')

/**
 * Always the portable loop, which needs no addon.
 *
 * @example
 * ```ts
 * setEventLoopPolicy(new PortableEventLoopPolicy())
 * ```
 */
export class PortableEventLoopPolicy implements EventLoopPolicy {
  readonly name = 'portable'

  newEventLoop(options: LoopOptions = {}): EventLoop {
    return new LoopOnBackend(new PortableBackend({ standalone: options.standalone === true }))
  }
}
brand(PortableEventLoopPolicy, 'PortableEventLoopPolicy')

function nativeLoop(demandedBy: string, options: LoopOptions): EventLoop {
  const loaded = loadBinding()
  if (loaded.reason !== undefined) throw nativeUnavailable(demandedBy, loaded.reason)
  return new LoopOnBackend(new NativeBackend({ standalone: options.standalone === true }))
}

/** `AIOLOOP_LOOP=native`: a demand. Where it cannot be met no loop is made, and the error names the setting. */
class DemandedPolicy extends NativeEventLoopPolicy {
  override newEventLoop(options: LoopOptions = {}): EventLoop {
    return nativeLoop('AIOLOOP_LOOP=native', options)
  }
}

/** The native loop was to be had, and is not: the portable one, with a word about it. */
class FallbackPolicy extends PortableEventLoopPolicy {
  readonly #reason: string

  constructor(reason: string) {
    super()
    this.#reason = reason
  }

  override newEventLoop(options: LoopOptions = {}): EventLoop {
    warnOfFallback(this.#reason)
    return super.newEventLoop(options)
  }
}

/** Who chose the loop. */
export type ChosenBy = 'default' | 'env' | 'install' | 'policy' | 'factory'

/** The policy in force and who chose it. */
export interface Choice {
  readonly policy: EventLoopPolicy
  readonly chosenBy: ChosenBy
}

/** Under this key Workers inherit what `install` chose. */
export const INSTALLED = 'aioloop.v1.installed'
const SLOT = 'policy'

interface State {
  chosen: Choice | undefined
  current: EventLoop | undefined
}

function state(): State {
  const existing = running.slots.get(SLOT) as State | undefined
  if (existing !== undefined) return existing
  const made: State = { chosen: undefined, current: undefined }
  running.slots.set(SLOT, made)
  return made
}

/** The policy in force, and who chose it. */
export function currentChoice(): Choice {
  const chosen = state().chosen
  if (chosen !== undefined) return chosen
  const installed: unknown = getEnvironmentData(INSTALLED)
  if (typeof installed === 'string') return { policy: policyNamed(installed), chosenBy: 'install' }
  const wanted = process.env.AIOLOOP_LOOP
  if (wanted !== undefined && wanted !== '') {
    const name = loopName('AIOLOOP_LOOP', wanted)
    return { policy: name === 'native' ? new DemandedPolicy() : new PortableEventLoopPolicy(), chosenBy: 'env' }
  }
  return { policy: policyNamed('native'), chosenBy: 'default' }
}

/** Put a choice in force; undefined goes back to environment and default. Returns what was chosen by code before. */
export function choose(choice: Choice | undefined): Choice | undefined {
  const before = state().chosen
  state().chosen = choice
  return before
}

/** `native` falls back to portable where the addon cannot load; in silence where it never could, as on Bun. */
export function policyNamed(name: string): EventLoopPolicy {
  if (name === 'portable') return new PortableEventLoopPolicy()
  const loaded = loadBinding()
  if (loaded.reason === undefined) return new NativeEventLoopPolicy()
  return loaded.unfit === true ? new PortableEventLoopPolicy() : new FallbackPolicy(loaded.reason)
}

/** @throws RangeError for what is neither `native` nor `portable`. */
export function loopName(argument: string, name: unknown): 'native' | 'portable' {
  if (name === 'native' || name === 'portable') return name
  throw argumentRangeError('loop choice', argument, "'native' or 'portable'", name)
}

/**
 * The policy in force in this environment. Stands for `asyncio.get_event_loop_policy`.
 *
 * @example
 * ```ts
 * console.log(getEventLoopPolicy().name)
 * ```
 */
export function getEventLoopPolicy(): EventLoopPolicy {
  return currentChoice().policy
}

/**
 * Have `policy` make the loops of this environment; null goes back to the default.
 * Stands for `asyncio.set_event_loop_policy`.
 *
 * @throws TypeError for what has no `newEventLoop`.
 *
 * @example
 * ```ts
 * setEventLoopPolicy(new PortableEventLoopPolicy())
 * ```
 */
export function setEventLoopPolicy(policy: EventLoopPolicy | null): void {
  if (policy !== null && typeof (policy as Partial<EventLoopPolicy> | undefined)?.newEventLoop !== 'function') {
    throw argumentTypeError('setEventLoopPolicy', 'policy', 'an object with newEventLoop(), or null', policy)
  }
  choose(policy === null ? undefined : { policy, chosenBy: 'policy' })
}

/**
 * Make a loop by the policy in force; it is not installed as the current one. Stands for `asyncio.new_event_loop`.
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * loop.close()
 * ```
 */
export function newEventLoop(options: LoopOptions = {}): EventLoop {
  return getEventLoopPolicy().newEventLoop(options)
}

/**
 * The running loop, else the one set by `setEventLoop`. Stands for `asyncio.get_event_loop`, as of Python 3.14.
 *
 * @throws LoopStateError when there is neither: it makes none.
 *
 * @example
 * ```ts
 * setEventLoop(newEventLoop())
 * console.log(getEventLoop().isRunning())
 * ```
 */
export function getEventLoop(): EventLoop {
  const loop = findRunningLoop() ?? state().current
  if (loop !== undefined) return loop
  throw new LoopStateError(
    'getEventLoop: no event loop is running or set here; use run(main), or setEventLoop(newEventLoop())',
  )
}

/**
 * Set the loop that `getEventLoop` gives where none is running; null takes it back. Stands for `asyncio.set_event_loop`.
 *
 * @throws TypeError for what is no loop.
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * setEventLoop(loop)
 * console.log(getEventLoop() === loop)
 * setEventLoop(null)
 * ```
 */
export function setEventLoop(loop: EventLoop | null): void {
  if (loop !== null && typeof (loop as Partial<EventLoop> | undefined)?.callSoon !== 'function') {
    throw argumentTypeError('setEventLoop', 'loop', 'an event loop or null', loop)
  }
  state().current = loop ?? undefined
}
