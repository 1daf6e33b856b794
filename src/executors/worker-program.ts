/**
 * What a worker runs, a thread or a process. The function is sent as source text, so it is self-contained: nothing of this package is loaded
 * there, and whatever it needs comes by `process.getBuiltinModule`. One job at a time, in the order in which they were sent; a
 * thread gets some ahead, and claims each before it begins (claims.ts).
 *
 * When it has nothing to do a thread waits for the next message in place, which is faster than to be woken by an event; but
 * not while jobs have left something behind (timers, sockets) that its event loop is to go on with. What does not show
 * there (an unref'd timer, a digest under way) goes on after `PATIENCE` at the latest, and between jobs that follow each
 * other closely every half millisecond.
 *
 * To the worker: `['job', key, form?, args, loop, many, ticket]`, `['end']`. From it: `['here', id]`; `['ready']` once the initializer has run,
 * `['broken', thrown]` when that failed; per job `['gave', value]` or `['failed', thrown]`; `['died', thrown]` ahead of its
 * end by an error that nothing caught. A `loop` other than 0 is woken by the addon: it may block its thread in a poll, or look
 * out for a wake before it sleeps (native/spin.h). So are the loops in the cells, which block (blocked-loops.ts). `id` is a native loop of the worker's own, through which others hear of
 * its end however that comes.
 */
import type { MessagePort, Transferable } from 'node:worker_threads'
import { packThrown } from '../base/error-transfer.ts'
import { ErrorCode } from '../base/errors.ts'
import type { WorkForm } from './work.ts'

/** What a worker is told at its beginning: a thread as `workerData`, with its port beside it. */
export interface WorkerSetup {
  /** `MailIo.waker`, where a loop may have to be woken. */
  readonly waker: string | undefined
  /** The loop that had the worker made. */
  readonly loop: number
  readonly initializer: { readonly form: WorkForm; readonly args: readonly unknown[] } | undefined
  /** Of claims.ts, for a thread. */
  readonly cells?: Int32Array<SharedArrayBuffer>
}

type Job = [
  kind: 'job',
  key: number,
  form: WorkForm | undefined,
  args: unknown[],
  loop: number,
  many: boolean,
  ticket: number,
]
type AnyFunction = (...args: unknown[]) => unknown
interface Waker {
  wake(id: number): boolean
  readonly id: number
}

/** What is needed of a MessagePort, or of a process's pipes. */
export interface WorkerPort {
  postMessage(message: unknown, list: readonly Transferable[]): void
  on(event: 'message', listener: (message: Job | [kind: 'end']) => void): unknown
  close(): void
}

const LOAD = '(url) => import(url)'
const NAME = "(fn, value) => Object.defineProperty(fn, 'name', { value, configurable: true })"
/** What bundlers (esbuild, Vite) put in place of names and of `import`. */
export const HELPERS = `globalThis.__name ??= ${NAME};globalThis.__vite_ssr_dynamic_import__ ??= ${LOAD}`

/** The text for `new Worker(text, { eval: true })`; fit for a script and for a module. */
export function threadProgram(): string {
  const setup = "process.getBuiltinModule('node:worker_threads').workerData"
  return `'use strict';${HELPERS};${workerProgram(setup, `${setup}.port`)}`
}

/** An expression that begins the work, with those that give the setup and the port. */
export function workerProgram(setup: string, port: string): string {
  return `(${workerMain})(${packThrown},${LOAD},${JSON.stringify(ErrorCode.argumentType)},${setup},${port})`
}

type Importer = (url: string) => Promise<Record<string, unknown>>

function workerMain(
  pack: typeof packThrown,
  importer: Importer,
  code: string,
  setup: WorkerSetup,
  port: WorkerPort,
): void {
  const { AsyncResource } = process.getBuiltinModule('node:async_hooks')
  const vm = process.getBuiltinModule('node:vm')
  const { waker: source, loop: firstLoop, initializer, cells } = setup
  const known = new Map<number, AnyFunction>()
  const waker = source === undefined ? undefined : (new vm.Script(source).runInThisContext() as Waker)
  // biome-ignore lint/security/noGlobalEval: it runs what the program sends, and nothing else
  const evaluate = globalThis.eval
  const coded = <E extends Error>(error: E): E => Object.assign(error, { code })
  /** Why something failed, for a sentence that goes on. */
  const reasonOf = (error: unknown): string => {
    try {
      return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
    } catch {
      return 'it throws'
    }
  }
  let woken = 0
  /** As claims.ts has it. */
  const STATES = 6

  /** The loop whose job it was, and those that block. */
  function wake(loop: number): void {
    if (waker === undefined) return
    if (loop !== 0) waker.wake(loop)
    if (cells === undefined) return
    for (let i = 2; i < STATES; i++) {
      const low = Atomics.load(cells, i) >>> 0
      if (low !== 0 && low !== loop % 2 ** 32) waker.wake(waker.id - (waker.id % 2 ** 32) + low)
    }
  }
  function tell(message: unknown[], loop: number): void {
    port.postMessage(message, [])
    wake(loop)
  }

  /** Bundlers and coverage tools put calls of their own into the source (`__name` is defined ahead of everything). */
  function defineCounters(source: string): void {
    const counter: unknown = new Proxy(() => counter, {
      get: (_target, key) => (key === Symbol.toPrimitive ? () => 0 : counter),
      set: () => true,
    })
    for (const [name] of source.matchAll(/\bcov_\w+|\b__coverage__\b/g)) {
      if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value: counter })
    }
  }

  function compile(form: WorkForm): AnyFunction {
    defineCounters(form.text)
    const text = `'use strict';(${form.text}\n)`
    const filename = `aioloop:work/${form.name === '' ? 'anonymous' : form.name.replace(/\s/g, '_')}`
    try {
      // In the global scope. What is evaluated may `import` as this program may; for a Script that is an experiment, of
      // which Node warns.
      return evaluate(`${text}\n//# sourceURL=${filename}`) as AnyFunction
    } catch (error) {
      // Node may have been told not to evaluate (--disallow-code-generation-from-strings).
      if (!(error instanceof EvalError)) throw error
      const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
      return new vm.Script(text, { filename, importModuleDynamically }).runInThisContext() as AnyFunction
    }
  }

  async function load(form: WorkForm): Promise<AnyFunction> {
    const module = await importer(form.text)
    const fn = module[form.name]
    if (typeof fn === 'function') return fn as AnyFunction
    const names = Object.keys(module).join(', ')
    throw coded(
      new TypeError(`submit: ${form.text} exports no function called '${form.name}'; it has ${names || 'nothing'}`),
    )
  }

  /** A function sent as source has nothing of its surroundings: say so in place of a bare ReferenceError. */
  function explained(error: unknown, form: WorkForm): unknown {
    const name = form.kind === 'source' ? missingName(error) : undefined
    if (name === undefined) return error
    return coded(
      new ReferenceError(
        `submit: the function${form.name && ` ${form.name}`} uses '${name}', which is not defined in the worker: a function sent as source ` +
          `takes nothing of its surroundings along; pass '${name}' as an argument, or put the function into a module and ` +
          'pass { module, export }',
        { cause: error },
      ),
    )
  }

  function missingName(error: unknown): string | undefined {
    try {
      return error instanceof ReferenceError ? /^(\S+) is not defined$/.exec(error.message)?.[1] : undefined
    } catch {
      // A proxy, or a getter that throws.
      return undefined
    }
  }

  function isThenable(value: unknown): value is PromiseLike<unknown> {
    return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
  }

  async function each(fn: AnyFunction, items: readonly unknown[]): Promise<unknown[]> {
    const results: unknown[] = []
    for (const item of items) results.push(await fn(item))
    return results
  }

  function call(fn: AnyFunction, form: WorkForm, args: unknown[], loop: number, many: boolean): void {
    const failed = (error: unknown): void => {
      tell(['failed', pack(explained(error, form))], loop)
      over()
    }
    const gave = (result: unknown): void => {
      const marker = Symbol.for('aioloop.v1.transfer')
      try {
        const marked =
          typeof result === 'object' && result !== null && (result as Record<symbol, unknown>)[marker] === true
        const { value, list } = (marked ? result : { value: result, list: [] }) as {
          value: unknown
          list: Transferable[]
        }
        port.postMessage(['gave', value], list)
      } catch (cause) {
        const message = `submit: the result cannot be sent back: ${reasonOf(cause)}; return plain data`
        failed(coded(new TypeError(message, { cause })))
        return
      }
      wake(loop)
      over()
    }
    let result: unknown
    let later: boolean
    try {
      result = many ? each(fn, args) : fn(...args)
      later = isThenable(result)
    } catch (error) {
      failed(error)
      return
    }
    if (later) Promise.resolve(result).then(gave, failed)
    else gave(result)
  }

  function run(form: WorkForm, args: unknown[], loop: number, many: boolean): void {
    const fn = known.get(form.key)
    if (fn !== undefined) return call(fn, form, args, loop, many)
    const ready = (made: AnyFunction): void => {
      known.set(form.key, made)
      call(made, form, args, loop, many)
    }
    const failed = (error: unknown): void => {
      tell(['failed', pack(error)], loop)
      over()
    }
    if (form.kind === 'module') {
      load(form).then(ready, failed)
      return
    }
    let made: AnyFunction
    try {
      made = compile(form)
    } catch (error) {
      failed(error)
      return
    }
    ready(made)
  }

  const forms = new Map<number, WorkForm>()
  const waiting: Job[] = []
  const outside = new AsyncResource('AIOLOOP_WORKER')
  let busy = false
  /** The call that runs a job is on the stack. */
  let inside = false

  function onMessage(message: Job | [kind: 'end']): void {
    if (message[0] === 'end') {
      // One more round of the event loop, for output that is on its way.
      port.close()
      setImmediate(() => process.exit())
      return
    }
    const [, key, sent, , loop] = message
    if (sent !== undefined) forms.set(key, sent)
    if (loop !== 0 && loop !== woken) {
      // That loop has yet to learn this worker's id, without which it would not hear of its end.
      woken = loop
      wake(loop)
    }
    waiting.push(message)
    next()
  }

  /** False for work that was taken back. */
  function claim(ticket: number): boolean {
    if (cells === undefined) return true
    const begins = Atomics.compareExchange(cells, STATES + (ticket & (cells.length - STATES - 1)), 0, 1) === 0
    Atomics.store(cells, 1, (ticket + 1) | 0)
    return begins
  }

  function next(): void {
    if (busy) return
    let job = waiting.shift()
    while (job !== undefined && !claim(job[6])) job = waiting.shift()
    if (job === undefined) return
    busy = inside = true
    const [, key, , args, loop, many] = job
    // A resource for each job: what one puts into an AsyncLocalStorage is not there for the next.
    new AsyncResource('AIOLOOP_JOB').runInAsyncScope(run, undefined, forms.get(key) as WorkForm, args, loop, many)
    inside = false
    if (!busy) goOn()
  }

  /** The job has its outcome. */
  function over(): void {
    busy = false
    if (!inside) outside.runInAsyncScope(goOn)
  }

  /** When the event loop went round, in milliseconds. */
  let wentRound = 0

  /** After promise jobs that the last one left behind. */
  function goOn(): void {
    if (waiting.length > 0) queueMicrotask(next)
    else if (cells !== undefined) {
      if (performance.now() - wentRound < 0.5) queueMicrotask(watch)
      else setImmediate(watchAgain)
    }
  }

  function watchAgain(): void {
    wentRound = performance.now()
    watch()
  }

  /** Milliseconds. Longer than a tick of the system's clock: to set a timer for less costs as much as a wake. */
  const PATIENCE = 10
  /** Wait in place for the next message. */
  function watch(): void {
    if (busy || waiting.length > 0) return
    const { receiveMessageOnPort } = process.getBuiltinModule('node:worker_threads')
    const shared = cells as Int32Array<SharedArrayBuffer>
    const sent = Atomics.load(shared, 0)
    let received = receiveMessageOnPort(port as unknown as MessagePort)
    if (received === undefined) {
      if (!lookOut(shared, sent)) {
        // The port is one.
        if (process.getActiveResourcesInfo().length > 1) return
        Atomics.wait(shared, 0, sent, PATIENCE)
      }
      received = receiveMessageOnPort(port as unknown as MessagePort)
    }
    if (received !== undefined) onMessage(received.message)
  }

  /** As native/spin.h: for a moment without sleeping, and more seldom the more often that was in vain. */
  let vain = 0
  let skips = 0
  function lookOut(shared: Int32Array, sent: number): boolean {
    if (skips-- > 0) return false
    const end = performance.now() + 0.02
    do {
      for (let i = 0; i < 50; i++) {
        if (Atomics.load(shared, 0) === sent) continue
        vain = 0
        return true
      }
    } while (performance.now() < end)
    vain = Math.min(2 * vain + 1, 63)
    skips = vain
    return false
  }

  async function begin(): Promise<void> {
    if (initializer !== undefined) {
      const { form, args } = initializer
      try {
        await (form.kind === 'module' ? await load(form) : compile(form))(...args)
      } catch (error) {
        tell(['broken', pack(explained(error, form))], firstLoop)
        return
      }
    }
    port.on('message', onMessage)
    tell(['ready'], firstLoop)
  }

  tell(['here', waker?.id ?? 0], firstLoop)
  process.on('uncaughtExceptionMonitor', (error) => tell(['died', pack(error)], firstLoop))
  process.on('exit', () => wake(firstLoop))
  void begin()
}
