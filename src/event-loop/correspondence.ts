/**
 * What one loop has to do with loops on other threads: the functions it exposes to them, the calls of those that run here, and
 * its own calls that run there. Letters (loop/letter.ts) come and go through the backend's mail.
 *
 * A call is a task of this loop; its outcome goes back to the loop that asked. Nobody waits for ever: when the loop that was
 * asked closes, or its thread ends, the backend says so and the calls that it held fail.
 */
import { AsyncResource } from 'node:async_hooks'
import { argumentTypeError } from '../base/argument-errors.ts'
import { packThrown, unpackThrown } from '../base/error-transfer.ts'
import { isCancelled, LoopStateError, NotSupportedError } from '../base/errors.ts'
import { mustBeCallback } from '../loop/arguments.ts'
import type { Body } from '../loop/contract/awaitable.ts'
import type { Task } from '../loop/contract/future.ts'
import type { Exposable, LoopToken } from '../loop/contract/threads.ts'
import type { MailEvents, MailIo, Posted } from '../loop/io/mail-io.ts'
import { decodeLetter, encodeLetter, type Letter } from '../loop/letter.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { isGenerator } from '../tasks/coroutine.ts'
import { Future, FutureState } from '../tasks/future.ts'

interface Exposed {
  readonly call: Exposable
  readonly context: AsyncResource
}

/** A call that runs on another loop. Cancelling it cancels the task there, and waits for nothing. */
class RemoteCall extends Future<unknown> {
  readonly to: number
  readonly #abandon: (message: string | undefined) => void

  constructor(scheduler: Scheduler, to: number, abandon: (message: string | undefined) => void) {
    super(scheduler)
    this.to = to
    this.#abandon = abandon
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.#abandon(message)
    return true
  }

  gave(value: unknown): void {
    if (!this.done()) this.settle(FutureState.finished, value)
  }

  failed(error: unknown): void {
    if (!this.done()) this.settle(FutureState.failed, error)
  }

  override get [Symbol.toStringTag](): string {
    return 'RemoteCall'
  }
}

export class Correspondence implements MailEvents {
  readonly #scheduler: Scheduler
  readonly #mail: MailIo
  readonly #exposed = new Map<string, Exposed>()
  /** Calls of other loops that run here, by the loop that asked and its number for the call. */
  readonly #running = new Map<string, Task<unknown>>()
  /** Our calls that run elsewhere, by our numbers. */
  readonly #asked = new Map<number, RemoteCall>()
  #calls = 0

  /** @throws NotSupportedError where the loop has no mail. */
  constructor(scheduler: Scheduler, call: string) {
    const { mail, name } = scheduler.backend
    if (mail === undefined) throw new NotSupportedError(call, name, 'threads')
    this.#scheduler = scheduler
    this.#mail = mail
    mail.events = this
  }

  get token(): LoopToken {
    return { aioloop: 'loop', id: this.#mail.id, process: process.pid }
  }

  expose(name: string, call: Exposable): Disposable {
    if (typeof name !== 'string' || name === '') throw argumentTypeError('expose', 'name', 'a name', name)
    mustBeCallback('expose', call, 'fn')
    if (this.#exposed.has(name)) {
      throw new LoopStateError(`expose: ${JSON.stringify(name)} is exposed already; dispose of that first`)
    }
    const exposed = { call, context: new AsyncResource('AIOLOOP_EXPOSED') }
    this.#exposed.set(name, exposed)
    this.#expect()
    return {
      [Symbol.dispose]: () => {
        if (this.#exposed.get(name) !== exposed) return
        this.#exposed.delete(name)
        this.#expect()
      },
    }
  }

  /** Run an exposed function of the loop `to` there, and give its outcome here. */
  ask(to: number, name: string, args: readonly unknown[]): Future<unknown> {
    const number = ++this.#calls
    const bytes = encodeLetter(['call', this.#mail.id, number, name, args], 'runCoroutineThreadsafe', `'args'`)
    const call = new RemoteCall(this.#scheduler, to, (message) => {
      this.#asked.delete(number)
      this.#expect()
      // A loop that is closed has nothing to cancel.
      this.#mail.post(to, encodeLetter(['cancel', this.#mail.id, number, message ?? null], 'cancel', 'message'), false)
    })
    mustBePosted('runCoroutineThreadsafe', this.#mail.post(to, bytes, true))
    this.#asked.set(number, call)
    this.#expect()
    return call
  }

  letter(bytes: Uint8Array): void {
    const letter = decodeLetter(bytes)
    switch (letter[0]) {
      case 'soon':
        return this.#callSoon(letter[1], letter[2])
      case 'call':
        return this.#begin(letter[1], letter[2], letter[3], letter[4])
      case 'cancel':
        this.#running.get(`${letter[1]} ${letter[2]}`)?.cancel(letter[3] ?? undefined)
        return
      default:
        this.#ended(letter)
    }
  }

  loopClosed(id: number): void {
    for (const [number, call] of this.#asked) {
      if (call.to !== id) continue
      this.#asked.delete(number)
      call.failed(
        new LoopStateError('runCoroutineThreadsafe: the other loop closed before the call ended; keep it running'),
      )
    }
    this.#expect()
  }

  /** This loop closes: the backend tells those who wait for answers. */
  close(): void {
    this.#mail.events = undefined
    this.#exposed.clear()
    this.#running.clear()
    this.#asked.clear()
  }

  #expect(): void {
    this.#mail.expect(this.#exposed.size > 0 || this.#asked.size > 0)
  }

  #callSoon(name: string, args: readonly unknown[]): void {
    const { loop } = this.#scheduler
    const exposed = this.#exposed.get(name)
    if (exposed === undefined) {
      loop.callExceptionHandler({
        message: 'A call from another thread was dropped',
        exception: this.#unknown('callSoonThreadsafe', name),
      })
      return
    }
    exposed.context.runInAsyncScope(() => loop.callSoon(exposed.call as () => void, ...(args as [])))
  }

  #begin(from: number, number: number, name: string, args: readonly unknown[]): void {
    const exposed = this.#exposed.get(name)
    if (exposed === undefined) {
      return this.#refuse(from, number, this.#unknown('runCoroutineThreadsafe', name))
    }
    const { loop } = this.#scheduler
    const key = `${from} ${number}`
    let task: Task<unknown>
    try {
      task = exposed.context.runInAsyncScope(() =>
        loop.createTask(exposedBody as Body<unknown, unknown[]>, {
          name: `remote ${name}`,
          args: [exposed.call, args],
        }),
      )
    } catch (exception) {
      loop.callExceptionHandler({ message: 'No task could be made for a call from another thread', exception })
      return this.#refuse(from, number, exception)
    }
    this.#running.set(key, task)
    task.addDoneCallback(() => {
      if (!this.#running.delete(key)) return
      this.#mail.post(from, outcomeOf(task, number, name), false)
    })
  }

  #refuse(from: number, number: number, error: unknown): void {
    const letter = encodeLetter(['failed', number, packThrown(error)], 'runCoroutineThreadsafe', 'the error')
    this.#mail.post(from, letter, false)
  }

  #ended(letter: Extract<Letter, readonly ['value' | 'failed' | 'cancelled', ...unknown[]]>): void {
    const call = this.#asked.get(letter[1])
    if (call === undefined) return
    this.#asked.delete(letter[1])
    this.#expect()
    if (letter[0] === 'value') call.gave(letter[2])
    else if (letter[0] === 'failed') call.failed(unpackThrown(letter[2]))
    else call.cancel(letter[2] ?? undefined)
  }

  #unknown(call: string, name: string): LoopStateError {
    const names = [...this.#exposed.keys()].map((known) => JSON.stringify(known)).join(', ')
    return new LoopStateError(
      `${call}: the loop exposes nothing called ${JSON.stringify(name)}; it has ${names === '' ? 'nothing' : names}; ` +
        `use loop.expose(${JSON.stringify(name)}, fn)`,
    )
  }
}

/** An exposed function may be a coroutine function or a plain one, whose value becomes the outcome of a coroutine. */
function exposedBody(call: Exposable, args: readonly unknown[]): unknown {
  const made: unknown = (call as (...args: unknown[]) => unknown)(...args)
  return isGenerator(made) || isThenable(made) ? made : justValue(made)
}

function* justValue(value: unknown): Generator<never, unknown> {
  return value
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function outcomeOf(task: Task<unknown>, number: number, name: string): Uint8Array {
  try {
    const value = task.result()
    const letter: Letter = value === undefined ? ['value', number] : ['value', number, value]
    return encodeLetter(letter, 'runCoroutineThreadsafe', `the result of ${JSON.stringify(name)}`)
  } catch (error) {
    const letter: Letter = isCancelled(error)
      ? ['cancelled', number, error.message === '' ? null : error.message]
      : ['failed', number, packThrown(error)]
    return encodeLetter(letter, 'runCoroutineThreadsafe', 'the error')
  }
}

/** @throws LoopStateError for a letter that was not taken. */
export function mustBePosted(call: string, posted: Posted): void {
  if (posted === 'posted') return
  const why = {
    closed: 'the other loop is closed, or its thread has ended; make another and connect to it',
    full: 'the other loop has 256 MiB of calls that it has not read; wait until it runs',
    'no memory': 'there is no memory for the call; send less',
  }[posted]
  throw new LoopStateError(`${call}: ${why}`)
}
