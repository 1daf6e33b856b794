/**
 * A cancel on its way through tasks that wait for tasks: through chains of any length, and through circles, which nothing
 * but a cancel can open.
 */
import { createTask, currentTask, gather, sleep, type Task, taskGroup, timeout } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes, type Lane } from './lane.ts'
import { outcome } from './task-outcome.ts'

/** Far more than the engine's stack holds of calls that nest. */
const LONG = 6_000

/** How a task may wait for another. */
function waysToWait({ co, wait }: Lane): [string, (inner: () => Task<unknown>) => Task<unknown>][] {
  const waiting = (waitFor: (inner: Task<unknown>) => PromiseLike<unknown>) => (inner: () => Task<unknown>) =>
    createTask(
      co(function* () {
        yield* wait(waitFor(inner()))
      }),
    )
  const bodyOf = (inner: Task<unknown>) =>
    co(function* () {
      yield* wait(inner)
    })
  return [
    ['directly', waiting((inner) => inner)],
    ['by gather', waiting((inner) => gather([inner]))],
    ['by gather beside others', waiting((inner) => gather([sleep(60_000), inner]))],
    ['in a timeout', waiting((inner) => timeout(60_000, bodyOf(inner)))],
    ['in a task group', waiting((inner) => taskGroup(bodyOf(inner)))],
  ]
}

export function cancelPassingContract(harness: Harness): void {
  describe('a cancel on its way', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait, settle } = lane

      function* ended(tasks: readonly Task<unknown>[]) {
        yield* wait(gather(tasks, { returnExceptions: true }))
      }

      for (const [way, waitingFor] of waysToWait(lane)) {
        test(`opens a circle of tasks that wait for each other ${way}`, async () => {
          await lab.run(
            co(function* () {
              const tasks: Task<unknown>[] = []
              const next = (index: number) => () => tasks[index % 3] as Task<unknown>
              for (let i = 1; i <= 3; i++) tasks.push(waitingFor(next(i)))
              yield* settle()
              expect(tasks.map((task) => task.done())).toEqual([false, false, false])
              expect(tasks[1]?.cancel('open')).toBe(true)
              expect(tasks.map((task) => task.cancelling())).toEqual([1, 1, 1])
              yield* ended(tasks)
              expect(tasks.map(outcome)).toEqual(['cancelled', 'cancelled', 'cancelled'])
            }),
          )
        })

        test(`opens a circle that it came to from outside (${way})`, async () => {
          await lab.run(
            co(function* () {
              const circle: Task<unknown>[] = []
              circle.push(
                waitingFor(() => circle[1] as Task<unknown>),
                waitingFor(() => circle[0] as Task<unknown>),
              )
              const outside = waitingFor(() => circle[0] as Task<unknown>)
              yield* settle()
              outside.cancel()
              yield* ended([outside, ...circle])
              expect([outside, ...circle].map(outcome)).toEqual(['cancelled', 'cancelled', 'cancelled'])
            }),
          )
        })

        test(`reaches the end of a long chain of tasks that wait ${way}`, async () => {
          await lab.run(
            co(function* () {
              // Where a task is passed through by more calls, fewer are long enough.
              const length = way === 'directly' ? LONG : LONG / 4
              const first = createTask(
                co(function* () {
                  yield* wait(sleep(60_000))
                }),
              )
              let last: Task<unknown> = first
              for (let i = 0; i < length; i++) {
                const inner = last
                last = waitingFor(() => inner)
              }
              yield* settle()
              last.cancel('all of you')
              expect([first.cancelling(), last.cancelling()]).toEqual([1, 1])
              yield* ended([last])
              expect([outcome(first), outcome(last)]).toEqual(['cancelled', 'cancelled'])
            }),
          )
        })
      }

      test('opens a circle of one, through gather', async () => {
        await lab.run(
          co(function* () {
            const tasks: Task<unknown>[] = []
            tasks.push(
              createTask(
                co(function* () {
                  yield* wait(gather(tasks))
                }),
              ),
            )
            yield* settle()
            tasks[0]?.cancel()
            yield* ended(tasks)
            expect(tasks.map(outcome)).toEqual(['cancelled'])
          }),
        )
      })

      test('opens a circle longer than calls can nest', async () => {
        await lab.run(
          co(function* () {
            const tasks: Task<unknown>[] = []
            const body = co(function* (index: number) {
              yield* wait(tasks[(index + 1) % LONG] as Task<unknown>)
            })
            for (let i = 0; i < LONG; i++) tasks.push(createTask(body, { args: [i] }))
            yield* settle()
            tasks[7]?.cancel()
            expect(new Set(tasks.map((task) => task.cancelling()))).toEqual(new Set([1]))
            yield* ended(tasks)
            expect(tasks.every((task) => task.cancelled())).toBe(true)
          }),
        )
      })

      test('a task that swallows it goes on, and the others of the circle with it', async () => {
        await lab.run(
          co(function* () {
            const tasks: Task<unknown>[] = []
            const stubborn = createTask(
              co(function* () {
                try {
                  yield* wait(tasks[1] as Task<unknown>)
                } catch {
                  return 'went on'
                }
                return 'not reached'
              }),
            )
            const other = createTask(
              co(function* () {
                return `heard: ${yield* wait(stubborn)}`
              }),
            )
            tasks.push(stubborn, other)
            yield* settle()
            stubborn.cancel()
            yield* settle()
            expect([outcome(stubborn), outcome(other)]).toEqual(['went on', 'heard: went on'])
          }),
        )
      })

      for (const depth of [1, 200]) {
        test(`counts once for each way to a task (${depth} deep)`, async () => {
          await lab.run(
            co(function* () {
              const shared = createTask(
                co(function* () {
                  yield* wait(sleep(60_000))
                }),
              )
              const through = co(function* (inner: Task<unknown>) {
                yield* wait(inner)
              })
              const left = createTask(through, { args: [shared] })
              const right = createTask(through, { args: [shared] })
              let last: Task<unknown> = createTask(
                co(function* () {
                  yield* wait(gather([left, right]))
                }),
              )
              for (let i = 1; i < depth; i++) last = createTask(through, { args: [last] })
              yield* settle()
              last.cancel()
              expect([shared, left, right, last].map((task) => task.cancelling())).toEqual([2, 1, 1, 1])
              yield* ended([last])
              expect([shared, left, right, last].map(outcome)).toEqual(Array(4).fill('cancelled'))
            }),
          )
        })

        test(`a listener that cancels on the way makes a cancel of its own (${depth} deep)`, async () => {
          await lab.run(
            co(function* () {
              const log: unknown[] = []
              const tasks: Task<unknown>[] = []
              const inner = createTask(
                co(function* () {
                  currentTask()?.signal.addEventListener('abort', () => log.push(tasks.at(-1)?.cancel('again')))
                  yield* wait(sleep(60_000))
                }),
              )
              tasks.push(inner)
              const through = co(function* (next: Task<unknown>) {
                yield* wait(next)
              })
              for (let i = 0; i < depth; i++) tasks.push(createTask(through, { args: [tasks.at(-1) as Task<unknown>] }))
              yield* settle()
              tasks.at(-1)?.cancel('first')
              expect([log, tasks.at(-1)?.cancelling(), inner.cancelling()]).toEqual([[true], 2, 2])
              yield* ended(tasks)
              expect(tasks.every((task) => task.cancelled())).toBe(true)
            }),
          )
        })
      }

      test('the end of a run ends circles, and long chains whichever end is older', async () => {
        const tasks: Task<unknown>[] = []
        await lab.run(
          co(function* () {
            const pair: Task<unknown>[] = []
            const waiting = co(function* (inner: () => Task<unknown>) {
              yield* wait(inner())
            })
            pair.push(
              createTask(waiting, { args: [() => pair[1] as Task<unknown>] }),
              createTask(waiting, { args: [() => pair[0] as Task<unknown>] }),
            )
            const innermost: Task<unknown> = createTask(() => sleep(60_000))
            const chain: Task<unknown>[] = []
            for (let i = 1; i <= LONG; i++) chain.push(createTask(waiting, { args: [() => chain[i] ?? innermost] }))
            let last: Task<unknown> = innermost
            for (let i = 0; i < LONG; i++) {
              const inner = last
              last = createTask(waiting, { args: [() => inner] })
            }
            tasks.push(...pair, ...chain, last)
            yield* settle()
          }),
        )
        expect(tasks.every((task) => task.cancelled())).toBe(true)
      })
    })
  })
}
