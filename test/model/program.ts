/**
 * Random programs of tasks: their instructions, an arbitrary that makes them, and an interpreter that runs one on a loop and
 * writes down all that can be observed. Tasks are known by number; an instruction that names a task, a future or a cancel
 * target that does not exist takes it modulo what there is, so that every list of instructions is a program.
 */
import type { Awaitable, Body, Coroutine, EventLoop, Future, Suspension, Task } from 'aioloop'
import { createTask, FIRST_COMPLETED, gather, isCancelled, sleep, wait } from 'aioloop'
import fc from 'fast-check'

export type Instruction =
  | { readonly op: 'sleep'; readonly ms: number }
  | { readonly op: 'yield' }
  | { readonly op: 'await'; readonly future: number }
  | { readonly op: 'set'; readonly future: number }
  | { readonly op: 'fail'; readonly future: number }
  | { readonly op: 'cancelFuture'; readonly future: number }
  | { readonly op: 'cancel'; readonly task: number }
  | { readonly op: 'uncancel' }
  | { readonly op: 'join'; readonly task: number }
  | { readonly op: 'gather'; readonly tasks: readonly number[] }
  | { readonly op: 'wait'; readonly tasks: readonly number[]; readonly timeout: number }
  | { readonly op: 'callSoon' }
  | { readonly op: 'throw' }

export interface TaskPlan {
  readonly isAsync: boolean
  /** Catch a CancelledError and go on with the next instruction. */
  readonly stubborn: boolean
  readonly body: readonly Instruction[]
}

export interface Program {
  readonly tasks: readonly TaskPlan[]
}

const index = fc.nat({ max: 5 })
const some = fc.array(index, { minLength: 1, maxLength: 3 })
const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('sleep' as const), ms: fc.nat({ max: 5 }) }) },
  { weight: 4, arbitrary: fc.constant({ op: 'yield' as const }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('await' as const), future: index }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('set' as const), future: index }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('fail' as const), future: index }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancelFuture' as const), future: index }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('cancel' as const), task: index }) },
  { weight: 1, arbitrary: fc.constant({ op: 'uncancel' as const }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('join' as const), task: index }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('gather' as const), tasks: some }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('wait' as const), tasks: some, timeout: fc.nat({ max: 5 }) }) },
  { weight: 2, arbitrary: fc.constant({ op: 'callSoon' as const }) },
  { weight: 1, arbitrary: fc.constant({ op: 'throw' as const }) },
)

export function programs(kinds: 'generators' | 'mixed' = 'mixed'): fc.Arbitrary<Program> {
  return fc.record({
    tasks: fc.array(
      fc.record({
        isAsync: kinds === 'mixed' ? fc.boolean() : fc.constant(false),
        stubborn: fc.boolean(),
        body: fc.array(instruction, { maxLength: 8 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
}

export interface Trace {
  /** What happened, in order: `task.step instruction outcome`. */
  readonly events: string[]
  /** What each task ended with, and how many cancels it counts. */
  readonly ends: string[]
  /** How often `cancel` was called on each task while it was not done, less what was taken back. */
  readonly cancels: number[]
}

/** Longer than any program needs on a virtual clock: what is pending after it is stuck, and is cancelled from outside. */
const PATIENCE = 1000

class Interpreter {
  readonly events: string[] = []
  readonly tasks: Task<unknown>[] = []
  /** Which tasks are async functions, by number. */
  readonly #async: boolean[] = []
  readonly cancels: number[] = []
  readonly #futures: Future<unknown>[]
  readonly #loop: EventLoop

  constructor(loop: EventLoop) {
    this.#loop = loop
    this.#futures = Array.from({ length: 6 }, () => loop.createFuture())
  }

  start(plans: readonly TaskPlan[]): void {
    plans.forEach((plan, own) => {
      this.cancels.push(0)
      const steps = (): Coroutine<number> => this.#steps(plan, own)
      this.#async.push(plan.isAsync)
      this.tasks.push(createTask(plan.isAsync ? asAsync(steps) : steps))
    })
  }

  cancel(target: number): void {
    const task = this.tasks[target]
    if (task?.cancel() === true) this.cancels[target] = (this.cancels[target] ?? 0) + 1
  }

  /** Futures nobody waits for keep their errors: take them, so that nothing is reported. */
  takeErrors(): void {
    for (const future of this.#futures) if (future.done() && !future.cancelled()) future.exception()
  }

  *#steps(plan: TaskPlan, own: number): Coroutine<number> {
    for (const [at, step] of plan.body.entries()) {
      try {
        const outcome = yield* this.#step(step, own)
        this.events.push(`${own}.${at} ${step.op} ${outcome}`)
      } catch (error) {
        this.events.push(`${own}.${at} ${step.op} threw ${describe(error)}`)
        if (!(plan.stubborn && isCancelled(error))) throw error
      }
    }
    return own
  }

  /** A generator coroutine delegates to what it waits for; an async function hands it to its `await`. */
  *#wait<T>(awaitable: Awaitable<T>, own: number): Coroutine<T> {
    if (this.#async[own] === true) return (yield awaitable as unknown as Suspension) as T
    return yield* awaitable
  }

  *#step(step: Instruction, own: number): Coroutine<string> {
    const futures = this.#futures
    switch (step.op) {
      case 'sleep':
        yield* this.#wait(sleep(step.ms), own)
        return ''
      case 'yield':
        yield* this.#wait(sleep(0), own)
        return ''
      case 'await':
        return String(yield* this.#wait(futures[step.future] as Future<unknown>, own))
      case 'set':
        return this.#settle(step.future, (future) => future.setResult(own))
      case 'fail':
        return this.#settle(step.future, (future) => future.setException(new Error(`by ${own}`)))
      case 'cancelFuture':
        return String((futures[step.future] as Future<unknown>).cancel())
      case 'cancel':
        this.cancel(step.task % this.tasks.length)
        return ''
      case 'uncancel': {
        const before = this.tasks[own]?.cancelling() ?? 0
        if (before > 0) this.cancels[own] = (this.cancels[own] ?? 0) - 1
        return String(this.tasks[own]?.uncancel())
      }
      case 'join':
        return this.#others([step.task], own).length === 0
          ? 'nobody'
          : String(yield* this.#wait(this.#others([step.task], own)[0] as Task<unknown>, own))
      case 'gather':
        return JSON.stringify(
          yield* this.#wait(gather(this.#others(step.tasks, own), { returnExceptions: false }), own),
        )
      case 'wait': {
        const others = this.#others(step.tasks, own)
        if (others.length === 0) return 'nobody'
        const { done, pending } = yield* this.#wait(
          wait(others, { timeout: step.timeout, returnWhen: FIRST_COMPLETED }),
          own,
        )
        return `${done.size}/${pending.size}`
      }
      case 'callSoon':
        this.#loop.callSoon(() => this.events.push(`callback of ${own}`))
        return ''
      case 'throw':
        throw new Error(`task ${own}`)
    }
  }

  #settle(index: number, settle: (future: Future<unknown>) => void): string {
    const future = this.#futures[index] as Future<unknown>
    if (future.done()) return 'too late'
    settle(future)
    return 'done'
  }

  /** Only tasks of lower number are waited for: no two tasks wait for each other. */
  #others(numbers: readonly number[], own: number): Task<unknown>[] {
    return own === 0 ? [] : numbers.map((number) => this.tasks[number % own] as Task<unknown>)
  }
}

/** The async function that waits where the generator does. */
function asAsync(steps: () => Coroutine<number>): Body<number> {
  return async () => {
    const generator = steps()
    let step = generator.next()
    while (step.done !== true) {
      let value: unknown
      try {
        value = await (step.value as unknown as PromiseLike<unknown>)
      } catch (error) {
        step = generator.throw(error)
        continue
      }
      step = generator.next(value)
    }
    return step.value
  }
}

/** Run one program to its end, in a task of a running loop, and give what was seen. */
export async function trace(program: Program, loop: EventLoop, patience = PATIENCE): Promise<Trace> {
  const interpreter = new Interpreter(loop)
  interpreter.start(program.tasks)
  for (let looks = 0; looks < 50; looks++) {
    await sleep(patience)
    const stuck = interpreter.tasks.findIndex((task) => !task.done())
    if (stuck < 0) break
    interpreter.events.push(`outside cancels ${stuck}`)
    interpreter.cancel(stuck)
  }
  interpreter.takeErrors()
  return {
    events: interpreter.events,
    ends: interpreter.tasks.map((task) => `${end(task)} after ${task.cancelling()} cancels`),
    cancels: interpreter.cancels,
  }
}

function end(task: Task<unknown>): string {
  if (!task.done()) return 'never ended'
  if (task.cancelled()) return 'cancelled'
  const exception = task.exception()
  return exception === undefined || exception === null ? `value ${String(task.result())}` : describe(exception)
}

function describe(error: unknown): string {
  return isCancelled(error) ? 'cancelled' : String((error as Error).message)
}
