/** uvloop's test_context: AsyncLocalStorage takes the place of context variables. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as turnOfNode } from 'node:timers/promises'
import { createTask, gather, getRunningLoop, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../src/base/seeded-random.ts'
import type { Harness } from '../contract/harness.ts'
import { onStage } from './stage.ts'

const store = new AsyncLocalStorage<unknown>()

export function contextConformance(harness: Harness): void {
  describe('the context of tasks', () => {
    onStage(harness, ({ co, wait, main, isAsync }) => {
      test('two coroutines beside each other each have their own', () =>
        main(function* () {
          const fraction = co(function* () {
            const before = (1 / 3).toPrecision(store.getStore() as number)
            yield* wait(sleep(2))
            return [before, (1 / 9).toPrecision(store.getStore() as number)]
          })
          const both = [3, 6].map((precision) => store.run(precision, () => createTask(fraction)))
          expect(yield* wait(gather(both))).toEqual([
            ['0.333', '0.111'],
            ['0.333333', '0.111111'],
          ])
        }))

      test('a task has the context of the call that made it, and changes only its own', () =>
        store.run('nope', () =>
          main(function* () {
            const child = createTask(
              co(function* () {
                yield* wait(sleep(1))
                expect(store.getStore()).toBe('nope')
                store.enterWith('something else')
              }),
            )
            yield* wait(
              store.run('yes', () =>
                createTask(
                  co(function* () {
                    expect(store.getStore()).toBe('yes')
                    yield* wait(child)
                    expect(store.getStore()).toBe('yes')
                  }),
                ),
              ),
            )
            if (isAsync) {
              store.enterWith('yes')
              yield* wait(child)
              expect(store.getStore()).toBe('yes')
            }
          }),
        ))

      test('a done-callback does not change the context of the task that waits', () =>
        store.run('nope', () =>
          main(function* () {
            const loop = getRunningLoop()
            for (let j = 0; j < 2; j++) {
              yield* wait(
                store.run(`yes ${j}`, () =>
                  createTask(
                    co(function* () {
                      const future = loop.createFuture<void>()
                      future.addDoneCallback(() => store.enterWith('something else'))
                      loop.callSoon(() => future.setResult())
                      yield* wait(future)
                      expect(store.getStore()).toBe(`yes ${j}`)
                      for (let i = 0; i < 3; i++) {
                        yield* wait(sleep(1))
                        expect(store.getStore()).toBe(`yes ${j}`)
                      }
                    }),
                  ),
                ),
              )
            }
            expect(store.getStore()).toBe('nope')
          }),
        ))

      test('a hundred tasks that change theirs do not meet', async () => {
        const random = new SeededRandom(1)
        await store.run(-1, () =>
          main(function* () {
            const own = co(function* (base: number) {
              for (let i = 0; i < 10; i++) {
                // In a generator coroutine a change holds until the next wait: docs/differences.md.
                const before = store.getStore() as number
                if (isAsync && i > 0) expect(before).toBe(base + i - 1)
                store.enterWith(base + i)
                expect(store.getStore()).toBe(base + i)
                yield* wait(sleep(random.below(30) / 10))
              }
            })
            const tasks = Array.from({ length: 100 }, (_, n) => createTask(own, { args: [n * 100] }))
            yield* wait(gather(tasks))
            expect(store.getStore()).toBe(-1)
          }),
        )
      })

      test('a callback that was scheduled by a task keeps nothing of its context when it has run', async () => {
        const ref = await main(function* () {
          const tracked = {}
          const made = new WeakRef(tracked)
          yield* wait(
            store.run(tracked, () =>
              createTask(
                co(function* () {
                  getRunningLoop().callSoon(() => {})
                }),
              ),
            ),
          )
          yield* wait(sleep(2))
          return made
        })
        const { gc } = globalThis as { gc?: () => void }
        expect(gc, 'this needs --expose-gc').toBeTypeOf('function')
        for (let i = 0; i < 50 && ref.deref() !== undefined; i++) {
          await turnOfNode()
          gc?.()
        }
        expect(ref.deref()).toBe(undefined)
      })
    })
  })
}
