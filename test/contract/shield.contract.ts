/** shield and asCompleted: what a cancel leaves running, and results in the order in which they come. */
import {
  asCompleted,
  createTask,
  ensureFuture,
  getRunningLoop,
  isCancelled,
  shield,
  sleep,
  TimeoutError,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRejects } from './refusal.ts'

export function shieldContract(harness: Harness): void {
  describe('shield', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      test('shield gives the value or the error of what it protects; what is done comes back as it is', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            const outer = shield(future)
            getRunningLoop().callSoon(() => future.setResult('value'))
            expect(yield* wait(outer)).toBe('value')
            expect(shield(future) === future).toBe(true)
            const failure = new Error('inner')
            let caught: unknown
            try {
              yield* wait(
                shield(
                  co(function* () {
                    throw failure
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect(caught === failure).toBe(true)
          }),
        )
      })

      test('a cancel ends the wait and leaves the inner task running', async () => {
        await lab.run(
          co(function* () {
            const inner = createTask(
              co(function* () {
                yield* settle()
                return 'ended'
              }),
            )
            const task = createTask(
              co(function* () {
                yield* wait(shield(inner))
              }),
            )
            yield* wait(sleep(0))
            yield* wait(sleep(0))
            task.cancel()
            expect(yield* wait(inner)).toBe('ended')
            expect(task.cancelled()).toBe(true)
          }),
        )
      })

      test('an inner cancel is passed on', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture()
            const outer = shield(future)
            future.cancel('why')
            let caught: unknown
            try {
              yield* wait(outer)
            } catch (error) {
              caught = error
            }
            expect([isCancelled(caught), (caught as Error).message, outer.cancelled()]).toEqual([true, 'why', true])
          }),
        )
      })

      test('an inner error after the cancel is reported, once', async () => {
        await lab.run(
          co(function* () {
            const inner = getRunningLoop().createFuture()
            const outers = [shield(inner), shield(inner), shield(shield(inner))]
            for (const outer of outers) outer.cancel()
            inner.setException(new RangeError('lost'))
            yield* settle()
          }),
        )
        const reports = lab.takeReports()
        // The middle shield of the nested one failed with nobody behind it, and is reported for itself.
        expect(reports.map(({ message }) => message)).toEqual([
          'RangeError exception in shielded future',
          'RangeError exception in shielded future',
        ])
      })
    })

    test('shield refuses what cannot be waited for', async () => {
      await lab.run(async () => {
        await expectRejects(() => shield(5 as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['shield'] })
      })
    })
  })

  describe('asCompleted', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      test('the original futures come in the order in which they were done, each once', async () => {
        await lab.run(
          co(function* () {
            const futures = [0, 1, 2].map(() => getRunningLoop().createFuture<string>())
            const [a, b, c] = futures
            const order: number[] = []
            b?.setResult('b')
            getRunningLoop().callSoon(() => c?.setException(new Error('c')))
            getRunningLoop().callLater(2, () => a?.setResult('a'))
            const iterator = asCompleted([...futures, ...futures])[Symbol.asyncIterator]()
            for (;;) {
              const next = yield* wait(iterator.next())
              if (next.done === true) break
              order.push(futures.indexOf(next.value))
              expect(next.value.done()).toBe(true)
            }
            expect(order).toEqual([1, 2, 0])
            expect(() => c?.result()).toThrow('c')
          }),
        )
      })

      test('as a plain iterable it gives awaitables of the results', async () => {
        await lab.run(
          co(function* () {
            const giving = (delay: number) =>
              co(function* () {
                return yield* wait(sleep(delay, delay))
              })
            const values: number[] = []
            for (const next of asCompleted([giving(9), giving(1), giving(4)])) values.push(yield* wait(next))
            expect([...values].sort()).toEqual([1, 4, 9])
            if (!harness.realTime) expect(values).toEqual([1, 4, 9])
          }),
        )
      })

      test('after the timeout each one still to come is a TimeoutError, and nothing is cancelled', async () => {
        await lab.run(
          co(function* () {
            const pending = [1, 2].map(() => getRunningLoop().createFuture())
            const log: unknown[] = []
            for (const next of asCompleted([...pending, ensureFuture(sleep(0, 'in time'))], { timeout: 3 })) {
              try {
                log.push(yield* wait(next))
              } catch (error) {
                log.push(error instanceof TimeoutError)
              }
            }
            expect(log).toEqual(['in time', true, true])
            expect(pending.some((future) => future.done())).toBe(false)
          }),
        )
      })

      test('a cancelled wait loses nothing: the future comes to the next one', async () => {
        await lab.run(
          co(function* () {
            for (const granted of [false, true]) {
              const future = getRunningLoop().createFuture<string>()
              const iterator = asCompleted([future])[Symbol.asyncIterator]()
              const task = createTask(
                co(function* () {
                  yield* wait(iterator.next())
                }),
              )
              yield* settle()
              if (granted) {
                future.setResult('kept')
                getRunningLoop().callSoon(() => task.cancel())
              } else {
                task.cancel()
                yield* settle()
                future.setResult('kept')
              }
              yield* settle()
              if (!harness.fifo && !task.cancelled()) continue
              expect(task.cancelled()).toBe(true)
              const next = yield* wait(iterator.next())
              expect(next.value === future).toBe(true)
              expect((yield* wait(iterator.next())).done).toBe(true)
            }
          }),
        )
      })
    })

    test('for await gives futures, and not what they hold', async () => {
      await lab.run(async () => {
        const task = createTask(async () => 'value')
        for await (const done of asCompleted([task])) expect(done === task).toBe(true)
      })
    })

    test('asCompleted refuses a single awaitable', async () => {
      await lab.run(async () => {
        await expectRejects(
          () =>
            asCompleted(sleep(0) as never)
              [Symbol.asyncIterator]()
              .next(),
          {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['asCompleted'],
          },
        )
      })
    })
  })
}
