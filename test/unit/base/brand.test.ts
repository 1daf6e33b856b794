/**
 * `instanceof` across copies: what one copy of the package makes is known to the classes of another. The classes are
 * those that are exported; one that is new needs a `brand` behind it. Those that are easily made are made, of the others
 * a bare object is taken.
 */
import * as aioloop from 'aioloop'
import * as testing from 'aioloop/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const firstCopy = { ...aioloop, ...testing }
type Copy = typeof firstCopy

/** A function that makes one of each, inside a task. */
const makers: Record<string, (copy: Copy) => unknown> = {
  BaseProtocol: ({ BaseProtocol }) => make(BaseProtocol),
  Barrier: ({ Barrier }) => new Barrier(1),
  BoundedSemaphore: ({ BoundedSemaphore }) => new BoundedSemaphore(),
  BrokenBarrierError: ({ BrokenBarrierError }) => new BrokenBarrierError('made'),
  BrokenResourceError: ({ BrokenResourceError }) => new BrokenResourceError('made'),
  BufferedProtocol: ({ BufferedProtocol }) => make(BufferedProtocol),
  CancelledError: ({ CancelledError }) => new CancelledError('made'),
  CapacityLimiter: ({ CapacityLimiter }) => new CapacityLimiter(1),
  ClosedResourceError: ({ ClosedResourceError }) => new ClosedResourceError('made'),
  Condition: ({ Condition }) => new Condition(),
  DatagramProtocol: ({ DatagramProtocol }) => new DatagramProtocol(),
  EndOfChannel: ({ EndOfChannel }) => new EndOfChannel('made'),
  Event: ({ Event }) => new Event(),
  EventLoop: ({ getRunningLoop }) => getRunningLoop(),
  ExceptionGroup: ({ ExceptionGroup }) => new ExceptionGroup('made', [new Error('in it')]),
  FrameCallGraphEntry: ({ captureCallGraph }) => captureCallGraph()?.callStack[0],
  Future: ({ getRunningLoop }) => getRunningLoop().createFuture(),
  FutureCallGraph: ({ captureCallGraph }) => captureCallGraph(),
  Handle: ({ getRunningLoop }) => getRunningLoop().callSoon(() => {}),
  InterruptedError: ({ InterruptedError }) => new InterruptedError('made'),
  InvalidStateError: ({ InvalidStateError }) => new InvalidStateError('made'),
  LifoQueue: ({ LifoQueue }) => new LifoQueue(),
  Lock: ({ Lock }) => new Lock(),
  LoopStateError: ({ LoopStateError }) => new LoopStateError('made'),
  NativeEventLoopPolicy: ({ NativeEventLoopPolicy }) => new NativeEventLoopPolicy(),
  NotSupportedError: ({ NotSupportedError }) => make(NotSupportedError, 'loop', 'capability', 'call'),
  PortableEventLoopPolicy: ({ PortableEventLoopPolicy }) => new PortableEventLoopPolicy(),
  PriorityQueue: ({ PriorityQueue }) => new PriorityQueue(),
  Protocol: ({ Protocol }) => new Protocol(),
  Queue: ({ Queue }) => new Queue(),
  QueueEmpty: ({ QueueEmpty }) => new QueueEmpty('made'),
  QueueFull: ({ QueueFull }) => new QueueFull('made'),
  QueueShutDown: ({ QueueShutDown }) => new QueueShutDown('made'),
  Receiver: ({ openChannel }) => openChannel().receiver,
  RemoteLoop: ({ connectLoop, getRunningLoop }) => connectLoop(getRunningLoop().share()),
  Runner: ({ Runner }) => new Runner(),
  Semaphore: ({ Semaphore }) => new Semaphore(),
  Sender: ({ openChannel }) => openChannel().sender,
  SubprocessProtocol: ({ SubprocessProtocol }) => new SubprocessProtocol(),
  Task: ({ currentTask }) => currentTask(),
  TaskGroup: async ({ taskGroup }) => await taskGroup(async (group) => group),
  Timeout: async ({ timeout }) => await timeout(null, async (scope) => scope),
  TimeoutError: ({ TimeoutError }) => new TimeoutError('made'),
  TimerHandle: ({ getRunningLoop }) => getRunningLoop().callLater(0, () => {}),
  VirtualLoop: ({ VirtualLoop }) => closed(new VirtualLoop()),
  WouldBlock: ({ WouldBlock }) => new WouldBlock('made'),
}

type AnyClass = abstract new (...args: never[]) => object

function make(Class: unknown, ...args: unknown[]): object {
  return new (Class as new (...args: unknown[]) => object)(...args)
}

function closed<T extends { close(): void }>(loop: T): T {
  loop.close()
  return loop
}

function shut<T extends { shutdown(): void }>(queue: T): T {
  queue.shutdown()
  return queue
}

function ended<R>({ sender, receiver }: { sender: { close(): void }; receiver: R }): R {
  sender.close()
  return receiver
}

function classesOf(copy: object): [string, AnyClass][] {
  return Object.entries(copy).filter(
    (entry): entry is [string, AnyClass] =>
      typeof entry[1] === 'function' && /^class\b/.test(Function.prototype.toString.call(entry[1])),
  )
}

const names = classesOf(firstCopy).map(([name]) => name)

describe('a class of one copy of the package', () => {
  let secondCopy: Copy
  let own: unknown
  beforeAll(async () => {
    vi.resetModules()
    secondCopy = { ...(await import('aioloop')), ...(await import('aioloop/testing')) }
    own = (secondCopy as unknown as Record<string, unknown>).Task
  })
  afterAll(() => vi.resetModules())

  test('is another than that of the second', () => {
    const second = new Map(classesOf(secondCopy))
    expect([...second.keys()].sort()).toEqual([...names].sort())
    for (const [name, Class] of classesOf(firstCopy)) expect(second.get(name) === Class, name).toBe(false)
    expect(own).toBe(second.get('Task'))
  })

  test('has no maker here when it is not exported', () => {
    expect(Object.keys(makers).filter((name) => !names.includes(name))).toEqual([])
  })

  test.each(names)('%s is known to the other', async (name) => {
    const classIn = (copy: Copy) => (copy as unknown as Record<string, AnyClass>)[name] as AnyClass
    for (const [maker, other] of [
      [firstCopy, secondCopy],
      [secondCopy, firstCopy],
    ] as const) {
      const [made] = await maker.run(async () => {
        const thing = makers[name]?.(maker) ?? Object.create(classIn(maker).prototype)
        return [thing instanceof Promise ? await thing : thing]
      })
      expect(made instanceof classIn(maker)).toBe(true)
      expect(made instanceof classIn(other), `put brand(${name}, '${name}') behind the class`).toBe(true)
      expect({} instanceof classIn(other)).toBe(false)
    }
  })

  test('that is derived from, without a brand of its own, is told by identity', () => {
    class Mine extends firstCopy.Lock {}
    class Other extends secondCopy.Lock {}
    expect(new Mine() instanceof secondCopy.Lock).toBe(true)
    expect(new Mine() instanceof Mine).toBe(true)
    expect((new Mine() as object) instanceof Other).toBe(false)
    expect(new firstCopy.Lock() instanceof Mine).toBe(false)
  })

  test.each([
    ['CancelledError', ({ sleep, currentTask }: Copy) => currentTask()?.cancel() === true && sleep(0)],
    ['TimeoutError', ({ timeout, sleep }: Copy) => timeout(0, () => sleep(60_000))],
    ['InvalidStateError', ({ getRunningLoop }: Copy) => getRunningLoop().createFuture().result()],
    ['LoopStateError', ({ run }: Copy) => run(async () => {})],
    ['QueueEmpty', ({ Queue }: Copy) => new Queue().getNowait()],
    ['QueueShutDown', ({ Queue }: Copy) => shut(new Queue()).put(1)],
    ['EndOfChannel', ({ openChannel }: Copy) => ended(openChannel()).receive()],
    ['ExceptionGroup', ({ taskGroup }: Copy) => taskGroup(() => Promise.reject(new Error('of the body')))],
  ] as const)('%s, thrown by one, is caught by the other, whichever of them runs', async (name, fail) => {
    for (const [thrower, catcher] of [
      [firstCopy, secondCopy],
      [secondCopy, firstCopy],
    ] as const) {
      const Class = (catcher as unknown as Record<string, AnyClass>)[name] as AnyClass
      for (const runner of [thrower, catcher]) {
        const ending = runner.run(async () => {
          try {
            await fail(thrower)
          } catch (error) {
            return [error instanceof Class, catcher.isCancelled(error)]
          }
          return 'nothing was thrown'
        })
        expect(await ending).toEqual([true, name === 'CancelledError'])
      }
    }
  })

  test('works with what the other made', async () => {
    const lock = new firstCopy.Lock()
    const condition = new secondCopy.Condition(lock as never)
    await secondCopy.run(async () => {
      let ready = false
      const waiting = firstCopy.createTask(function* () {
        using _ = yield* condition.acquire()
        return yield* condition.waitFor(() => ready)
      })
      await firstCopy.sleep(0)
      await lock.runExclusive(async () => {
        ready = true
        condition.notify()
      })
      expect(await waiting).toBe(true)
      const group = new firstCopy.ExceptionGroup('outer', [
        new secondCopy.ExceptionGroup('inner', [new secondCopy.TimeoutError('late'), new RangeError('far')]),
      ])
      const [late, rest] = group.split(firstCopy.TimeoutError)
      expect([String(late?.errors[0]), String((rest?.errors[0] as AggregateError | undefined)?.errors[0])]).toEqual([
        expect.stringContaining('inner'),
        'RangeError: far',
      ])
    })
  })
})
