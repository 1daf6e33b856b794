/**
 * A model of asyncio small enough to be read at one sitting: a queue of ready entries, tasks that are waiting, scheduled or
 * done, counted cancels, futures with waiters. It knows `yield`, `await`, `set`, `cancelFuture`, `cancel`, `uncancel` and
 * `callSoon`; those decide order and counting, all else is built from them. Written from the rules, not from the library.
 */
import type fc from 'fast-check'
import { type Instruction, type Program, programs, type Trace } from './program.ts'

const KNOWN: readonly Instruction['op'][] = [
  'yield',
  'await',
  'set',
  'cancelFuture',
  'cancel',
  'uncancel',
  'callSoon',
  'throw',
]

/** Programs of what the model knows. */
export function modelPrograms(): fc.Arbitrary<Program> {
  return programs('generators').map((program) => ({
    tasks: program.tasks.map((plan) => ({ ...plan, body: plan.body.filter((step) => KNOWN.includes(step.op)) })),
  }))
}

interface ModelFuture {
  state: 'pending' | 'cancelled' | { value: string }
  waiters: ModelTask[]
}

interface ModelTask {
  readonly own: number
  at: number
  /** The instruction that waits has been reached and its outcome is to be read at the next step. */
  resuming: boolean
  waitingFor: ModelFuture | undefined
  mustCancel: boolean
  cancels: number
  end: string | undefined
}

type Ready = () => void

class Model {
  readonly events: string[] = []
  readonly #program: Program
  readonly #tasks: ModelTask[]
  readonly #futures: ModelFuture[] = Array.from({ length: 6 }, () => ({ state: 'pending', waiters: [] }))
  #ready: Ready[] = []

  constructor(program: Program) {
    this.#program = program
    this.#tasks = program.tasks.map((_plan, own) => ({
      own,
      at: 0,
      resuming: false,
      waitingFor: undefined,
      mustCancel: false,
      cancels: 0,
      end: undefined,
    }))
  }

  run(): Trace {
    for (const task of this.#tasks) this.#schedule(task)
    this.#runReady()
    for (;;) {
      const stuck = this.#tasks.findIndex((task) => task.end === undefined)
      if (stuck < 0) break
      this.events.push(`outside cancels ${stuck}`)
      this.#cancel(this.#tasks[stuck] as ModelTask)
      this.#runReady()
    }
    return {
      events: this.events,
      ends: this.#tasks.map((task) => `${task.end} after ${task.cancels} cancels`),
      cancels: this.#tasks.map((task) => task.cancels),
    }
  }

  #runReady(): void {
    while (this.#ready.length > 0) {
      const round = this.#ready
      this.#ready = []
      for (const entry of round) entry()
    }
  }

  #schedule(task: ModelTask): void {
    this.#ready.push(() => this.#step(task))
  }

  #cancel(task: ModelTask): void {
    if (task.end !== undefined) return
    task.cancels++
    if (task.waitingFor !== undefined && this.#cancelFuture(task.waitingFor)) return
    task.mustCancel = true
  }

  #cancelFuture(future: ModelFuture): boolean {
    return this.#finish(future, 'cancelled')
  }

  #finish(future: ModelFuture, state: ModelFuture['state']): boolean {
    if (future.state !== 'pending') return false
    future.state = state
    for (const waiter of future.waiters.splice(0)) this.#schedule(waiter)
    return true
  }

  #step(task: ModelTask): void {
    if (task.end !== undefined) return
    const waited = task.waitingFor
    task.waitingFor = undefined
    let thrown = task.mustCancel
    task.mustCancel = false
    const plan = this.#program.tasks[task.own] as Program['tasks'][number]
    if (thrown && task.at === 0 && !task.resuming) {
      task.end = 'cancelled'
      return
    }
    if (task.resuming) {
      const step = plan.body[task.at] as Instruction
      task.resuming = false
      thrown ||= waited?.state === 'cancelled'
      const value = waited !== undefined && typeof waited.state === 'object' ? waited.state.value : ''
      if (!this.#outcome(task, step, thrown, value)) return
    }
    while (task.at < plan.body.length) {
      if (!this.#execute(task, plan.body[task.at] as Instruction)) return
    }
    task.end = task.mustCancel ? 'cancelled' : `value ${task.own}`
  }

  /** Write down how an instruction ended and move on; false when the task ended with it. */
  #outcome(task: ModelTask, step: Instruction, cancelled: boolean, value: string): boolean {
    this.events.push(`${task.own}.${task.at} ${step.op} ${cancelled ? 'threw cancelled' : value}`)
    task.at++
    if (!cancelled || this.#program.tasks[task.own]?.stubborn === true) return true
    task.end = 'cancelled'
    return false
  }

  /** False when the task waits or has ended. */
  #execute(task: ModelTask, step: Instruction): boolean {
    switch (step.op) {
      case 'yield':
        task.resuming = true
        this.#schedule(task)
        return false
      case 'await': {
        const future = this.#futures[step.future] as ModelFuture
        if (future.state !== 'pending') {
          return this.#outcome(
            task,
            step,
            future.state === 'cancelled',
            typeof future.state === 'object' ? future.state.value : '',
          )
        }
        task.resuming = true
        task.waitingFor = future
        future.waiters.push(task)
        if (task.mustCancel && this.#cancelFuture(future)) task.mustCancel = false
        return false
      }
      case 'set': {
        const set = this.#finish(this.#futures[step.future] as ModelFuture, { value: String(task.own) })
        return this.#outcome(task, step, false, set ? 'done' : 'too late')
      }
      case 'cancelFuture':
        return this.#outcome(task, step, false, String(this.#cancelFuture(this.#futures[step.future] as ModelFuture)))
      case 'cancel':
        this.#cancel(this.#tasks[step.task % this.#tasks.length] as ModelTask)
        return this.#outcome(task, step, false, '')
      case 'uncancel':
        if (task.cancels > 0 && --task.cancels === 0) task.mustCancel = false
        return this.#outcome(task, step, false, String(task.cancels))
      case 'callSoon':
        this.#ready.push(() => this.events.push(`callback of ${task.own}`))
        return this.#outcome(task, step, false, '')
      default:
        this.events.push(`${task.own}.${task.at} throw threw task ${task.own}`)
        task.end = `task ${task.own}`
        return false
    }
  }
}

export function modelTrace(program: Program): Trace {
  return new Model(program).run()
}
