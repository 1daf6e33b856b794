/** asyncio's test_tasks, without cancels: making tasks, their names, the current one, their context, ensureFuture. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import type { Coroutine } from 'aioloop'
import {
  allTasks,
  createTask,
  currentTask,
  ensureFuture,
  Future,
  gather,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  sleep,
  Task,
  wait as waitUntil,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

export function tasksConformance(harness: Harness): void {
  describe('tasks', () => {
    onStage(harness, (stage) => {
      making(stage)
      ensuring(stage)
      names(stage)
      current(stage)
      contexts(stage)
      running(stage)
    })
  })
}

function making({ co, wait, main, isAsync }: Stage): void {
  const ok = co(function* () {
    return 'ok'
  })

  test('createTask and loop.createTask make a task of the loop, which is a future too', () =>
    main(function* () {
      const loop = getRunningLoop()
      for (const task of [createTask(ok), loop.createTask(ok)]) {
        expect([task instanceof Task, task instanceof Future, task.getLoop() === loop]).toEqual([true, true, true])
        expect(yield* wait(task)).toBe('ok')
        expect([task.done(), task.result()]).toEqual([true, 'ok'])
      }
    }))

  test('what is no coroutine is refused, the second time too', () =>
    main(function* () {
      for (let i = 0; i < 2; i++) {
        expect(() => createTask(123 as never)).toThrow(TypeError)
        expect(() => createTask(123 as never)).toThrow(/123/)
      }
      expect(allTasks().size).toBe(1)
    }))

  test('an object that behaves as a generator is run as one', () =>
    main(function* () {
      const likeness = () => ({
        next: () => ({ done: true, value: 42 }),
        throw: (error: unknown) => {
          throw error
        },
        return: (value: unknown) => ({ done: true, value }),
        [Symbol.iterator]() {
          return this
        },
      })
      for (let i = 0; i < 2; i++) {
        const task = createTask(likeness() as unknown as Coroutine<number>)
        expect(task instanceof Task).toBe(true)
        expect(yield* wait(task)).toBe(42)
      }
    }))

  test('a coroutine waits for coroutines and adds what they give', () =>
    main(function* () {
      const inner = (value: number) =>
        co(function* () {
          return value
        })
      const outer = co(function* () {
        return (yield* wait(createTask(inner(42)))) + (yield* wait(createTask(inner(1000))))
      })
      expect(yield* wait(createTask(outer))).toBe(1042)
    }))

  test('a future for a return value is the result itself in a generator, and is awaited in an async function', () =>
    main(function* () {
      const future = getRunningLoop().createFuture<string>()
      const task = createTask(
        co(function* () {
          return { future }
        }),
      )
      expect((yield* wait(task)).future === future).toBe(true)
      const bare = createTask(
        co(function* () {
          return future as unknown as string
        }),
      )
      getRunningLoop().callSoon(() => future.setResult('test'))
      yield* wait(waitUntil([bare]))
      expect((bare.result() as unknown) === (isAsync ? 'test' : future)).toBe(true)
    }))

  test('a task cannot be given a result or an exception by hand', () =>
    main(function* () {
      const task = createTask(ok)
      expect(() => task.setResult('mine')).toThrow(LoopStateError)
      expect(() => task.setException(new Error('mine'))).toThrow(LoopStateError)
      expect(yield* wait(task)).toBe('ok')
    }))
}

function ensuring({ co, wait, main, lab }: Stage): void {
  const ok = co(function* () {
    return 'ok'
  })

  test('ensureFuture makes a task of a coroutine function, on the loop that is running or that is named', async () => {
    expect(() => ensureFuture(ok)).toThrow(LoopStateError)
    const loop = lab.newLoop()
    const named = ensureFuture(ok, { loop })
    expect([named instanceof Task, named.getLoop() === loop]).toEqual([true, true])
    expect(await loop.runUntilComplete(named)).toBe('ok')
    await main(function* () {
      const task = ensureFuture(ok)
      expect([task instanceof Task, task.getLoop() === getRunningLoop()]).toEqual([true, true])
      expect(yield* wait(task)).toBe('ok')
    })
  })

  test('ensureFuture gives futures and tasks back as they are, and refuses those of another loop than is named', () =>
    main(function* () {
      const loop = getRunningLoop()
      const other = lab.newLoop()
      const future = loop.createFuture<string>()
      future.setResult('ko')
      const task = createTask(ok)
      for (const given of [future, task]) {
        expect(ensureFuture(given) === given).toBe(true)
        expect(ensureFuture(given, { loop }) === given).toBe(true)
        expect(() => ensureFuture(given, { loop: other })).toThrow(RangeError)
        expect(() => ensureFuture(given, { loop: other })).toThrow(/same loop/)
      }
      expect([yield* wait(future), yield* wait(task)]).toEqual(['ko', 'ok'])
    }))

  test('ensureFuture takes any awaitable', () =>
    main(function* () {
      const thenable: PromiseLike<string> = {
        then: (resolve, reject) => createTask(ok).then(resolve, reject),
      }
      for (const awaitable of [thenable, sleep(0, 'ok'), Promise.resolve('ok')]) {
        const future = ensureFuture(awaitable)
        expect(future instanceof Future).toBe(true)
        expect(yield* wait(future)).toBe('ok')
        expect([future.done(), future.result()]).toEqual([true, 'ok'])
      }
    }))

  test('ensureFuture refuses what cannot be awaited', () =>
    main(function* () {
      expect(() => ensureFuture('ok' as never)).toThrow(TypeError)
    }))
}

function names({ co, wait, main }: Stage): void {
  const nothing = co(function* () {})

  test('a name may be anything that can be written', () =>
    main(function* () {
      const task = createTask(nothing, { name: 987654321 as never })
      expect(task.getName()).toBe('987654321')
      task.setName(123456789 as never)
      expect(task.getName()).toBe('123456789')
      task.setName(['a', 6] as never)
      expect(task.getName()).toBe('a,6')
      expect(inspect(task)).toContain('a,6')
      yield* wait(task)
      const named = createTask(nothing, { name: 'No-op' })
      expect(named.getName()).toBe('No-op')
      yield* wait(named)
    }))

  test('names that the loop gives differ, and their numbers rise', () =>
    main(function* () {
      const tasks = [createTask(nothing), createTask(nothing)]
      const numbers = tasks.map((task) => Number(/^Task-(\d+)$/.exec(task.getName())?.[1]))
      expect(numbers[0]).toBeLessThan(numbers[1] as number)
      for (const task of tasks) expect(inspect(task)).toContain(task.getName())
      yield* wait(gather(tasks))
    }))

  test('a task shows its state, its name, its coroutine and its outcome', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          return 'abc'
        }),
        { name: 'TestTask' },
      )
      expect(inspect(task)).toMatch(/^<Task "TestTask" pending/)
      expect(inspect(task)).toMatch(/coro=/)
      yield* wait(task)
      expect(inspect(task)).toMatch(/^<Task "TestTask" finished result='abc'/)
      const cancelled = createTask(nothing, { name: 'TestTask' })
      cancelled.cancel()
      expect(inspect(cancelled)).toMatch(/^<Task "TestTask" cancelling/)
      yield* wait(waitUntil([cancelled]))
      expect(inspect(cancelled)).toMatch(/^<Task "TestTask" cancelled/)
    }))

  test('a task that waits shows for what', () =>
    main(function* () {
      const future = getRunningLoop().createFuture<void>()
      const task = createTask(
        co(function* () {
          yield* wait(future)
        }),
      )
      yield* wait(sleep(0))
      expect(inspect(task)).toMatch(/waiting on Future/)
      future.setResult(undefined)
      yield* wait(task)
    }))
}

function current({ co, wait, main, lab }: Stage): void {
  test('the current task is the one that runs, and none when the loop does not run', async () => {
    const loop = lab.newLoop()
    expect([currentTask(loop), currentTask()]).toEqual([undefined, undefined])
    const seen: unknown[] = []
    const task = loop.createTask(
      co(function* () {
        seen.push(currentTask(loop), currentTask())
        yield* wait(sleep(0))
        seen.push(currentTask())
      }),
    )
    await loop.runUntilComplete(task)
    expect(seen.map((one) => one === task)).toEqual([true, true, true])
    expect(currentTask(loop)).toBeUndefined()
  })

  test('tasks that take turns each are the current one in their own', () =>
    main(function* () {
      const loop = getRunningLoop()
      const [one, two] = [loop.createFuture<void>(), loop.createFuture<void>()]
      const seen: unknown[] = []
      const task1 = createTask(
        co(function* () {
          seen.push(currentTask() === task1)
          yield* wait(one)
          seen.push(currentTask() === task1)
          two.setResult(undefined)
        }),
      )
      const task2 = createTask(
        co(function* () {
          seen.push(currentTask() === task2)
          one.setResult(undefined)
          yield* wait(two)
          seen.push(currentTask() === task2)
        }),
      )
      yield* wait(waitUntil([task1, task2]))
      expect(seen).toEqual([true, true, true, true])
    }))
}

function contexts({ co, wait, main }: Stage): void {
  test('a task keeps the context in which it was made; what its maker enters later is not seen', () =>
    main(function* () {
      const store = new AsyncLocalStorage<string>()
      const seen: unknown[] = []
      const body = co(function* () {
        yield* wait(sleep(1))
        seen.push(store.getStore())
        store.run('inside', () => seen.push(store.getStore()))
        yield* wait(sleep(0))
        seen.push(store.getStore())
      })
      const task = createTask(body)
      store.run('yes', () => seen.push(store.getStore()))
      yield* wait(task)
      seen.push(store.getStore())
      expect(seen).toEqual(['yes', undefined, 'inside', undefined, undefined])
    }))

  test('a context that a done-callback enters does not leak into the task', () =>
    main(function* () {
      const store = new AsyncLocalStorage<string>()
      const loop = getRunningLoop()
      const seen: unknown[] = []
      const body = co(function* () {
        for (let i = 0; i < 2; i++) {
          const future = loop.createFuture<void>()
          future.addDoneCallback(() => store.enterWith('something else'))
          loop.callSoon(() => future.setResult(undefined))
          yield* wait(future)
          seen.push(store.getStore())
          yield* wait(sleep(1))
          seen.push(store.getStore())
        }
      })
      yield* wait(store.run('task', () => createTask(body)))
      expect(seen).toEqual(['task', 'task', 'task', 'task'])
      expect(store.getStore()).toBeUndefined()
    }))

  test('a hundred tasks side by side each keep their own context', () =>
    main(function* () {
      const store = new AsyncLocalStorage<number>()
      let wrong = 0
      const body = co(function* (number: number) {
        for (let i = 0; i < 10; i++) {
          yield* wait(sleep((number * 7 + i * 3) % 5))
          if (store.getStore() !== number) wrong++
        }
      })
      const tasks = Array.from({ length: 100 }, (_, number) =>
        store.run(number, () => createTask(body, { args: [number] })),
      )
      yield* wait(gather(tasks))
      expect([wrong, store.getStore()]).toEqual([0, undefined])
    }))
}

function running({ co, wait, lab, main }: Stage): void {
  test('a loop that is stopped while it runs a task to its end says so, and the task can be run on', async () => {
    const loop = lab.newLoop()
    let steps = 0
    const task = loop.createTask(
      co(function* () {
        while (steps < 10) {
          yield* wait(sleep(1))
          if (++steps === 2) loop.stop()
        }
      }),
    )
    await expect(loop.runUntilComplete(task)).rejects.toThrow(LoopStateError)
    expect([task.done(), steps]).toEqual([false, 2])
    task.cancel()
    await expect(loop.runUntilComplete(task)).rejects.toSatisfy(isCancelled)
  })

  test('the exception of a task has the stack of where it was thrown', () =>
    main(function* () {
      const task = createTask(
        co(function* thrower() {
          throw new RangeError('mine')
        }),
      )
      yield* wait(waitUntil([task]))
      expect((task.exception() as Error).stack).toContain('tasks.conformance')
    }))

  test('a running task knows its stack: the coroutine that runs, and the one that waits for it', () =>
    main(function* () {
      let stacks: string[][] = []
      let printed = ''
      const bar = co(function* bar() {
        const task = currentTask() as Task<unknown>
        stacks = [task.getStack(), task.getStack({ limit: 1 })].map((frames) =>
          frames.map(({ functionName }) => functionName),
        )
        task.printStack({ stream: { write: (text: string) => (printed += text) } })
        yield* wait(sleep(0))
      })
      const foo = co(function* foo() {
        yield* wait(bar() as PromiseLike<void>)
      })
      yield* wait(createTask(foo))
      const [whole = [], one = []] = stacks
      expect([whole[0], whole.includes('foo'), one]).toEqual(['bar', true, ['bar']])
      expect(printed).toMatch(/Stack of <Task[\s\S]*at .*bar[\s\S]*at .*foo/)
    }))

  test('a future that a task waits for is watched once, and its very value is what the task gets', () =>
    main(function* () {
      const future = getRunningLoop().createFuture<object>()
      const value = {}
      let got: unknown
      const task = createTask(
        co(function* () {
          got = yield* wait(future)
        }),
      )
      yield* wait(sleep(0))
      future.setResult(value)
      yield* wait(task)
      expect([got === value, task.done(), task.result()]).toEqual([true, true, undefined])
    }))

  test('sleep(0) lets what is ready run once, and gives its value', () =>
    main(function* () {
      let result = 0
      getRunningLoop().callSoon(() => {
        result += 1
      })
      expect(result).toBe(0)
      const value = yield* wait(sleep(0, 10))
      expect([value, result]).toEqual([10, 1])
    }))

  test.each([
    ['1', true],
    ['', false],
    [undefined, false],
  ])('the environment variable AIOLOOP_DEBUG=%s sets the debug mode of a new loop to %s', (value, expected) => {
    const before = process.env.AIOLOOP_DEBUG
    try {
      if (value === undefined) delete process.env.AIOLOOP_DEBUG
      else process.env.AIOLOOP_DEBUG = value
      const loop = lab.newLoop()
      expect(loop.getDebug()).toBe(expected)
    } finally {
      if (before === undefined) delete process.env.AIOLOOP_DEBUG
      else process.env.AIOLOOP_DEBUG = before
    }
  })
}
