/**
 * Random programs of tasks that share a channel, a capacity limiter, a condition and a barrier, with deadlines, groups and
 * maps nested around that, and cancels at every moment: their instructions, and an interpreter that keeps books beside them.
 */
import type { Coroutine, Receiver, Sender, Started, TaskGroup } from 'aioloop'
import {
  Barrier,
  BrokenBarrierError,
  BrokenResourceError,
  CapacityLimiter,
  ClosedResourceError,
  Condition,
  createTask,
  EndOfChannel,
  ExceptionGroup,
  gather,
  getRunningLoop,
  isCancelled,
  map,
  openChannel,
  sleep,
  type Task,
  TimeoutError,
  taskGroup,
  timeout,
} from 'aioloop'
import fc from 'fast-check'
import { asyncFunctions, generators, type Lane, type Wait } from './lanes.ts'

const PARTIES = 2
const TIDES = 100

type Simple = 'send' | 'receive' | 'step' | 'limited' | 'total' | 'await change' | 'notify' | 'meet' | 'pause' | 'throw'
type Ending = 'close sender' | 'close receiver' | 'cancel'

export type Instruction =
  | { readonly op: Simple | Ending; readonly argument: number }
  | { readonly op: 'timeout'; readonly argument: number; readonly body: readonly Instruction[] }
  | { readonly op: 'group' | 'start' | 'map'; readonly argument: number; readonly bodies: readonly Block[] }

type Block = readonly Instruction[]

export interface StructureProgram {
  readonly maxBuffered: number
  readonly tokens: number
  /** Somebody outside keeps a receiver open, so that no item is dropped. */
  readonly keeps: boolean
  readonly tasks: readonly { readonly isAsync: boolean; readonly body: Block }[]
}

const simple: fc.Arbitrary<Instruction> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      op: fc.constantFrom<Simple[]>('send', 'receive', 'step', 'limited', 'await change', 'notify', 'meet'),
      argument: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constantFrom<Simple[]>('pause', 'total', 'throw'), argument: fc.nat({ max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constantFrom<Ending[]>('cancel', 'cancel', 'cancel', 'close sender', 'close receiver'),
      argument: fc.nat({ max: 7 }),
    }),
  },
)

const { instruction } = fc.letrec<{ block: Block; instruction: Instruction }>((tie) => ({
  block: fc.array(tie('instruction'), { maxLength: 4, size: 'max' }),
  instruction: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true, depthIdentifier: 'nested' },
    { weight: 6, arbitrary: simple },
    {
      weight: 2,
      arbitrary: fc.record({ op: fc.constant('timeout' as const), argument: fc.nat({ max: 4 }), body: tie('block') }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        op: fc.constantFrom('group' as const, 'start' as const, 'map' as const),
        argument: fc.nat({ max: 3 }),
        bodies: fc.array(tie('block'), { maxLength: 3, size: 'max' }),
      }),
    },
  ),
}))

export const structurePrograms: fc.Arbitrary<StructureProgram> = fc.record({
  maxBuffered: fc.constantFrom(0, 1, 2, Number.POSITIVE_INFINITY),
  tokens: fc.nat({ max: 2 }),
  keeps: fc.boolean(),
  tasks: fc.array(fc.record({ isAsync: fc.boolean(), body: fc.array(instruction, { maxLength: 10, size: 'max' }) }), {
    minLength: 2,
    maxLength: 7,
    size: 'max',
  }),
})

export interface StructureBooks {
  /** Rules that were broken while the program ran. */
  readonly broken: string[]
  /** Items whose `send` returned; those whose `send` failed; those received; those left at the end. */
  readonly sent: number[]
  readonly refused: number[]
  readonly got: number[]
  readonly left: number[]
  /** By task: cancels that it accepted, and what `cancelling()` said at its end. */
  readonly asked: number[]
  readonly counted: number[]
  readonly borrowed: number
  readonly lockHeld: boolean
  readonly waiting: number
  /** By place in the order of arrival, how often the barrier gave it. */
  readonly places: number[]
}

/** What a program throws on purpose. */
class Failure extends Error {}

const EXPECTED = [Failure, TimeoutError, BrokenResourceError, ClosedResourceError, EndOfChannel, BrokenBarrierError]

function isExpected(error: unknown): boolean {
  if (error instanceof ExceptionGroup) return error.errors.every(isExpected)
  return isCancelled(error) || EXPECTED.some((known) => error instanceof known)
}

/** What one program shares, and what is written down about it. */
class World {
  readonly books = {
    broken: [] as string[],
    sent: [] as number[],
    refused: [] as number[],
    got: [] as number[],
    asked: [] as number[],
    places: [] as number[],
  }
  readonly tasks: Task<void>[] = []
  readonly senders: Sender<number>[] = []
  readonly receivers: Receiver<number>[] = []
  readonly limiter: CapacityLimiter
  readonly condition = new Condition()
  readonly barrier = new Barrier(PARTIES)
  over = false
  notified = 0
  #woken = 0
  #mostTokens: number
  #items = 0
  #limited = 0
  #holders = 0

  constructor(program: StructureProgram) {
    this.limiter = new CapacityLimiter(program.tokens)
    this.#mostTokens = program.tokens
  }

  /** The body of a task: an error ends the instruction and not the task. What is left of it must find everything in order. */
  *tolerant(lane: Lane, own: number, instructions: Block): Coroutine<void> {
    for (const instruction of instructions) {
      try {
        yield* this.#instruction(lane, own, instruction)
      } catch (error) {
        if (!isExpected(error)) throw error
      }
    }
  }

  *block(lane: Lane, own: number, instructions: Block): Coroutine<void> {
    for (const instruction of instructions) yield* this.#instruction(lane, own, instruction)
  }

  *#instruction(lane: Lane, own: number, instruction: Instruction): Coroutine<void> {
    const { op, argument } = instruction
    switch (op) {
      case 'timeout':
        return yield* this.#timeout(lane, argument, () => this.block(lane, own, instruction.body))
      case 'group':
      case 'start':
        return yield* this.#group(lane, own, op === 'start', instruction.bodies)
      case 'map':
        return yield* this.#map(lane, own, argument, instruction.bodies)
      case 'cancel': {
        if (argument % this.tasks.length !== own) this.cancel(argument)
        return
      }
      case 'close sender':
        return this.senders[own]?.close()
      case 'close receiver':
        return this.receivers[own]?.close()
      default:
        return yield* this.#simple(lane, own, op, argument)
    }
  }

  *#simple({ wait, co }: Lane, own: number, op: Simple, argument: number): Coroutine<void> {
    const { condition, limiter } = this
    const receiver = this.receivers[own] as Receiver<number>
    switch (op) {
      case 'send':
        return yield* this.#send(wait, this.senders[own] as Sender<number>)
      case 'receive':
        this.books.got.push(yield* wait(receiver.receive()))
        return
      case 'step': {
        const step = yield* wait(receiver[Symbol.asyncIterator]().next())
        if (step.done !== true) this.books.got.push(step.value)
        return
      }
      case 'limited':
        return yield* wait(limiter.runExclusive(co(() => this.#inLimit(wait, argument))))
      case 'total':
        if (this.over) return
        this.#mostTokens = Math.max(this.#mostTokens, argument)
        limiter.totalTokens = argument
        return
      case 'await change':
        return yield* wait(condition.runExclusive(co(() => this.#awaitChange(wait))))
      case 'notify':
        return yield* wait(condition.runExclusive(co(() => this.#notify(wait, argument))))
      case 'meet':
        count(this.books.places, yield* wait(this.barrier.wait()))
        return
      case 'pause':
        return yield* wait(sleep(argument))
      case 'throw':
        throw new Failure(`task ${own}`)
    }
  }

  *#send(wait: Wait, sender: Sender<number>): Coroutine<void> {
    const item = this.newItem()
    try {
      yield* wait(sender.send(item))
      this.books.sent.push(item)
    } catch (error) {
      this.books.refused.push(item)
      throw error
    }
  }

  *#inLimit(wait: Wait, ms: number): Coroutine<void> {
    if (++this.#limited > this.limiter.borrowedTokens) this.broke('more inside than tokens are out')
    if (!this.over && this.#limited > this.#mostTokens) this.broke('more inside than there ever were tokens')
    try {
      yield* wait(sleep(ms))
    } finally {
      this.#limited--
    }
  }

  *#awaitChange(wait: Wait): Coroutine<void> {
    this.#enter()
    this.#holders--
    try {
      yield* wait(this.condition.wait())
      this.#woken++
    } finally {
      this.#enter()
      this.#holders--
    }
    if (this.#woken > this.notified) this.broke('more woken than notified')
  }

  *#notify(wait: Wait, n: number): Coroutine<void> {
    this.#enter()
    try {
      this.notified += n
      this.condition.notify(n)
      yield* wait(sleep(n))
    } finally {
      this.#holders--
    }
  }

  #enter(): void {
    if (++this.#holders > 1) this.broke('two hold the lock')
  }

  *#timeout({ wait, co }: Lane, ms: number, body: () => Coroutine<void>): Coroutine<void> {
    const inside = new Inside()
    try {
      yield* wait(
        timeout(
          ms,
          co(() => inside.run(body)),
        ),
      )
    } finally {
      if (inside.now > 0) this.broke('a deadline left its body behind')
    }
  }

  *#group(lane: Lane, own: number, starting: boolean, bodies: readonly Block[]): Coroutine<void> {
    const { wait, co } = lane
    const inside = new Inside()
    const world = this
    try {
      yield* wait(
        taskGroup(
          co(function* (tg: TaskGroup) {
            for (const [place, body] of bodies.entries()) {
              const child = () => inside.run(() => world.block(lane, own, body))
              if (starting) yield* world.#start(lane, tg, place, child)
              else tg.createTask(co(child))
            }
          }),
        ),
      )
    } finally {
      if (inside.now > 0) this.broke('a group left a task behind')
    }
  }

  /** What comes before `started` is `body` itself; what comes after it, one more pause. */
  *#start({ wait, co }: Lane, tg: TaskGroup, place: number, body: () => Coroutine<void>): Coroutine<void> {
    const inside = new Inside()
    const child = co(function* (started: Started<number>) {
      yield* inside.run(body)
      started(place)
      yield* wait(sleep(place))
    })
    try {
      if ((yield* wait(tg.start(child))) !== place) this.broke('start gave another value')
    } finally {
      if (inside.now > 0) this.broke('start left its task behind')
    }
  }

  *#map(lane: Lane, own: number, limit: number, bodies: readonly Block[]): Coroutine<void> {
    const inside = new Inside()
    const world = this
    try {
      const call = lane.co(function* (body: Block, index: number) {
        yield* inside.run(() => world.block(lane, own, body))
        return index
      })
      const results = yield* lane.wait(map(bodies, call, { limit: limit + 1 }))
      if (results.join() !== [...bodies.keys()].join()) this.broke('map gave other results')
    } finally {
      if (inside.now > 0) this.broke('map left a call behind')
      if (inside.most > limit + 1) this.broke('map ran more calls than its limit')
    }
  }

  /** Cancel a task, by number. */
  cancel(number: number): void {
    const target = number % this.tasks.length
    if (this.tasks[target]?.cancel()) count(this.books.asked, target)
  }

  /** A new item. */
  newItem(): number {
    return ++this.#items
  }

  broke(rule: string): void {
    this.books.broken.push(rule)
  }
}

/** How many are inside of something, now and at the most. */
class Inside {
  now = 0
  most = 0

  run(body: () => Coroutine<void>): Coroutine<void> {
    return this.#steps(body)
  }

  *#steps(body: () => Coroutine<void>): Coroutine<void> {
    this.most = Math.max(this.most, ++this.now)
    try {
      yield* body()
    } finally {
      this.now--
    }
  }
}

function count(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1
}

/** Now and then somebody from outside moves what is stuck, so that a program gets further than its first wait. */
async function tide(world: World, sender: Sender<number>, receiver: Receiver<number>, keeps: boolean): Promise<void> {
  const { books, condition, barrier, tasks } = world
  for (let round = 0; round < TIDES && tasks.some((task) => !task.done()); round++) {
    await sleep(3)
    const { tasksWaitingSend, tasksWaitingReceive } = sender.statistics()
    if (tasksWaitingReceive > 0) {
      const item = world.newItem()
      sender.sendNowait(item)
      books.sent.push(item)
    }
    if (tasksWaitingSend > 0 && keeps) books.got.push(receiver.receiveNowait())
    if (round % 4 === 0) {
      using _ = await condition.acquire()
      world.notified++
      condition.notify()
    }
    if (round % 5 === 0) await barrier.reset()
    // A task may have been cancelled in the same moment as it was granted something.
    if (round % 7 === 0) world.cancel(round)
  }
}

/** Run the program to its end: until nothing happens any more, then with everything opened and closed that it may wait for. */
export async function runStructureProgram(program: StructureProgram): Promise<StructureBooks> {
  const world = new World(program)
  const { books, tasks, limiter, condition, barrier } = world
  const { sender, receiver } = openChannel<number>(program.maxBuffered)
  getRunningLoop().setExceptionHandler((_loop, { message, exception }) => {
    if (!message.includes('of map') || !isExpected(exception)) world.broke(`${message}: ${String(exception)}`)
  })
  for (const { isAsync, body } of program.tasks) {
    const own = tasks.length
    const lane = isAsync ? asyncFunctions : generators
    world.senders.push(sender.clone())
    world.receivers.push(receiver.clone())
    tasks.push(createTask(lane.co(() => world.tolerant(lane, own, body))))
  }
  if (!program.keeps) receiver.close()
  await tide(world, sender, receiver, program.keeps)
  world.over = true
  sender.close()
  limiter.totalTokens = Number.POSITIVE_INFINITY
  for (const end of world.senders) end.close()
  const left: number[] = []
  for (let patience = 100; patience > 0 && tasks.some((task) => !task.done()); patience--) {
    await barrier.abort()
    using _ = await condition.acquire()
    world.notified += 100
    condition.notifyAll()
    await sleep(20)
  }
  if (tasks.some((task) => !task.done())) world.broke('a task never ended')
  const counted = tasks.map((task) => task.cancelling())
  for (const task of tasks) task.cancel()
  const ends = await gather(tasks, { returnExceptions: true })
  for (const end of ends) if (end instanceof Error && !isExpected(end)) world.broke(String(end))
  while (program.keeps && receiver.statistics().currentBufferUsed > 0) left.push(receiver.receiveNowait())
  const { tasksWaitingSend, tasksWaitingReceive } = receiver.statistics()
  const waiting = tasksWaitingSend + tasksWaitingReceive + limiter.statistics().tasksWaiting
  const asked = tasks.map((_task, own) => books.asked[own] ?? 0)
  const borrowed = limiter.borrowedTokens
  return { ...books, left, asked, counted, borrowed, lockHeld: condition.locked(), waiting }
}
