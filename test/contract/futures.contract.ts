/** Futures: three states, terminal ones; callbacks through the ready queue; awaited by both kinds of coroutine. */
import type { Future } from 'aioloop'
import { CancelledError, gather, getRunningLoop, InvalidStateError, isCancelled, isFuture, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, CANCELLED, expectThrows, INVALID_STATE, rejectionOf, thrownBy } from './refusal.ts'

const notReady = { class: InvalidStateError, code: INVALID_STATE }

export function futuresContract(harness: Harness): void {
  describe('futures', () => {
    const lab = openLab(harness)

    test('a new future is pending and belongs to its loop', () => {
      const loop = lab.newLoop()
      const future = loop.createFuture()
      expect(future.done()).toBe(false)
      expect(future.cancelled()).toBe(false)
      expect(future.getLoop()).toBe(loop)
      expectThrows(() => future.result(), notReady)
      expectThrows(() => future.exception(), notReady)
    })

    test('a future with a result is done, not cancelled, and has no exception', () => {
      const future = lab.newLoop().createFuture<number>()
      future.setResult(42)
      expect(future.done()).toBe(true)
      expect(future.cancelled()).toBe(false)
      expect(future.result()).toBe(42)
      expect(future.result()).toBe(42)
      expect(future.exception() ?? null).toBe(null)
    })

    test('a future may have undefined for its result', () => {
      const future = lab.newLoop().createFuture<undefined>()
      future.setResult(undefined)
      expect(future.done()).toBe(true)
      expect(future.result()).toBe(undefined)
    })

    test('a future with an exception gives it back and throws it from result, the very object', () => {
      const future = lab.newLoop().createFuture()
      const error = new Error('mine')
      future.setException(error)
      expect(future.done()).toBe(true)
      expect(future.exception()).toBe(error)
      expect(thrownBy(() => future.result())).toBe(error)
    })

    test('a future cannot be finished twice', () => {
      const future = lab.newLoop().createFuture()
      future.setResult(1)
      expectThrows(() => future.setResult(2), notReady)
      expectThrows(() => future.setException(new Error('late')), notReady)
      expect(future.result()).toBe(1)
    })

    test('a failed future cannot be finished again', () => {
      const future = lab.newLoop().createFuture()
      future.setException(new Error('first'))
      expectThrows(() => future.setResult(2), notReady)
      expectThrows(() => future.setException(new Error('late')), notReady)
      expect(future.exception()).toMatchObject({ message: 'first' })
    })

    test('cancel finishes a pending future and says true, on a finished one it says false', () => {
      const loop = lab.newLoop()
      const future = loop.createFuture()
      expect(future.cancel()).toBe(true)
      expect(future.cancel()).toBe(false)
      expect(future.done()).toBe(true)
      expect(future.cancelled()).toBe(true)
      const finished = loop.createFuture()
      finished.setResult(1)
      expect(finished.cancel()).toBe(false)
      expect(finished.cancelled()).toBe(false)
    })

    test('a cancelled future refuses a result and an exception', () => {
      const future = lab.newLoop().createFuture()
      future.cancel()
      expectThrows(() => future.setResult(1), notReady)
      expectThrows(() => future.setException(new Error('late')), notReady)
    })

    test('result and exception of a cancelled future throw CancelledError with the message of the cancel', () => {
      const future = lab.newLoop().createFuture()
      future.cancel('because')
      for (const act of [() => future.result(), () => future.exception()]) {
        expectThrows(act, { class: CancelledError, code: CANCELLED, names: [/^because$/] })
        expect(isCancelled(thrownBy(act))).toBe(true)
      }
    })

    test('done callbacks get the future and run once each', async () => {
      const loop = lab.newLoop()
      const future = loop.createFuture<number>()
      const seen: unknown[] = []
      future.addDoneCallback((done) => seen.push(done))
      future.setResult(1)
      expect(seen).toEqual([])
      await loop.runUntilComplete(() => sleep(1))
      expect(seen).toHaveLength(1)
      expect(seen[0]).toBe(future)
    })

    test('done callbacks run for an exception and for a cancel too', async () => {
      const loop = lab.newLoop()
      const failed = loop.createFuture()
      const cancelled = loop.createFuture()
      const seen: string[] = []
      failed.addDoneCallback((done) => seen.push(String((done.exception() as Error).message)))
      cancelled.addDoneCallback((done) => seen.push(String(done.cancelled())))
      failed.setException(new Error('failed'))
      cancelled.cancel()
      await loop.runUntilComplete(() => sleep(1))
      expect(seen.sort()).toEqual(['failed', 'true'])
    })

    test('the same callback may be added several times, and removing it removes all of them', async () => {
      const loop = lab.newLoop()
      const future = loop.createFuture()
      let calls = 0
      const callback = (): void => void calls++
      const other = (): void => {
        calls += 100
      }
      future.addDoneCallback(callback)
      future.addDoneCallback(other)
      future.addDoneCallback(callback)
      expect(future.removeDoneCallback(callback)).toBe(2)
      expect(future.removeDoneCallback(callback)).toBe(0)
      future.addDoneCallback(callback)
      future.addDoneCallback(callback)
      future.setResult(1)
      await loop.runUntilComplete(() => sleep(1))
      expect(calls).toBe(102)
    })

    test('once a future is done its callbacks are on their way and cannot be removed', async () => {
      const loop = lab.newLoop()
      const future = loop.createFuture()
      let calls = 0
      const callback = (): void => void calls++
      future.addDoneCallback(callback)
      future.setResult(1)
      expect(future.removeDoneCallback(callback)).toBe(0)
      await loop.runUntilComplete(() => sleep(1))
      expect(calls).toBe(1)
    })

    test('removing a callback never added says zero', () => {
      expect(
        lab
          .newLoop()
          .createFuture()
          .removeDoneCallback(() => {}),
      ).toBe(0)
    })

    test('a done callback must be a function', () => {
      const future = lab.newLoop().createFuture()
      for (const bad of [undefined, null, 1, {}]) {
        expectThrows(() => future.addDoneCallback(bad as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['addDoneCallback', 'callback'],
        })
      }
    })

    test('isFuture tells futures of any kind from everything else', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const future = loop.createFuture()
        const task = loop.createTask(async () => 1)
        const gathered = gather([task])
        expect([future, task, gathered].map(isFuture)).toEqual([true, true, true])
        for (const other of [Promise.resolve(), null, undefined, 1, {}, () => {}, { then() {} }]) {
          expect(isFuture(other)).toBe(false)
        }
        await gathered
      })
    })

    test('then, catch and finally behave as those of a promise', async () => {
      await lab.inCallback(async (loop) => {
        const good = loop.createFuture<number>()
        const bad = loop.createFuture<number>()
        const log: unknown[] = []
        const chains = [
          good.then((value) => value + 1).then((value) => log.push(value)),
          good.finally(() => log.push('finally')),
          bad.catch((error) => log.push((error as Error).message)),
          bad.then(
            () => log.push('never'),
            () => log.push('second handler'),
          ),
        ]
        good.setResult(1)
        bad.setException(new Error('failed'))
        await Promise.all(chains)
        expect(log.map(String).sort()).toEqual(['2', 'failed', 'finally', 'second handler'])
      })
    })

    test('a handler given to then never runs synchronously, not even for a finished future', async () => {
      await lab.inCallback(async (loop) => {
        const future = loop.createFuture()
        future.setResult(1)
        let ran = false
        const chained = future.then(() => {
          ran = true
        })
        expect(ran).toBe(false)
        await chained
        expect(ran).toBe(true)
      })
    })

    test('a future can be awaited with no task around it', async () => {
      await lab.inCallback(async (loop) => {
        const future = loop.createFuture<string>()
        loop.callLater(1, () => future.setResult('value'))
        expect(await future).toBe('value')
        expect(await future).toBe('value')
      })
    })

    test('a future joins Promise.all, Promise.race and Promise.resolve', async () => {
      await lab.inCallback(async (loop) => {
        const a = loop.createFuture<number>()
        const b = loop.createFuture<number>()
        loop.callLater(1, () => a.setResult(1))
        loop.callLater(2, () => b.setResult(2))
        expect(await Promise.race([a, b])).toBe(1)
        expect(await Promise.all([a, b])).toEqual([1, 2])
        expect(await Promise.resolve(b)).toBe(2)
      })
    })

    inBothLanes(({ co, wait, settle }) => {
      test('waiting for a future gives its result, as often as one likes', async () => {
        const body = co(function* () {
          const future = getRunningLoop().createFuture<number>()
          getRunningLoop().callLater(1, () => future.setResult(7))
          return [yield* wait(future), yield* wait(future), yield* wait(future)]
        })
        expect(await lab.run(body)).toEqual([7, 7, 7])
      })

      test('waiting for a failed future throws its very exception, whatever that is', async () => {
        const body = co(function* () {
          for (const thrown of [new Error('mine'), 'text', null, undefined, 0]) {
            const future = getRunningLoop().createFuture()
            getRunningLoop().callSoon(() => future.setException(thrown))
            let caught: unknown = 'nothing'
            try {
              yield* wait(future)
            } catch (error) {
              caught = error
            }
            expect(caught).toBe(thrown)
          }
        })
        await lab.run(body)
      })

      test('waiting for a cancelled future throws CancelledError and does not count as a cancel of the waiter', async () => {
        const body = co(function* () {
          const loop = getRunningLoop()
          const future = loop.createFuture()
          loop.callSoon(() => future.cancel('gone'))
          try {
            yield* wait(future)
          } catch (error) {
            expect(isCancelled(error)).toBe(true)
            expect((error as Error).message).toBe('gone')
          }
          yield* wait(sleep(1))
          return 'went on'
        })
        expect(await lab.run(body)).toBe('went on')
      })

      test('many tasks wait for one future and all get its result', async () => {
        const body = co(function* () {
          const loop = getRunningLoop()
          const future = loop.createFuture<string>()
          const reader = co(function* () {
            return yield* wait(future)
          })
          const tasks = Array.from({ length: 50 }, () => loop.createTask(reader))
          yield* wait(sleep(0))
          future.setResult('all')
          return yield* wait(gather(tasks))
        })
        expect(await lab.run(body)).toEqual(new Array(50).fill('all'))
      })

      test('one of many waiters that is cancelled does cancel the future they share', async () => {
        const body = co(function* () {
          const loop = getRunningLoop()
          const future: Future<number> = loop.createFuture<number>()
          const reader = co(function* () {
            return yield* wait(future)
          })
          const tasks = [loop.createTask(reader), loop.createTask(reader)]
          yield* settle()
          tasks[0]?.cancel()
          yield* settle()
          return [future.cancelled(), tasks[0]?.cancelled(), tasks[1]?.cancelled()]
        })
        expect(await lab.run(body)).toEqual([true, true, true])
      })
    })

    test('awaiting a finished future does not give way to other tasks', async () => {
      await lab.run(function* () {
        const loop = getRunningLoop()
        const future = loop.createFuture<number>()
        future.setResult(1)
        let other = false
        loop.callSoon(() => {
          other = true
        })
        for (let i = 0; i < 10; i++) yield* future
        expect(other).toBe(false)
        yield* sleep(1)
        expect(other).toBe(true)
      })
    })

    test('an error in a handler of then rejects the derived promise only', async () => {
      await lab.inCallback(async (loop) => {
        const future = loop.createFuture<number>()
        const chained = future.then(() => {
          throw new Error('in handler')
        })
        future.setResult(1)
        expect(await rejectionOf(() => chained)).toMatchObject({ message: 'in handler' })
        expect(future.result()).toBe(1)
      })
    })
  })
}
