/** asyncio's test_runners: run and Runner. ^C is in interrupts.test.ts. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import {
  createTask,
  type EventLoop,
  getEventLoop,
  getRunningLoop,
  LoopStateError,
  newEventLoop,
  Runner,
  run,
  setEventLoop,
  sleep,
  type Task,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from '../contract/refusal.ts'
import { onStage } from './stage.ts'

const NO_CORO = { class: TypeError, code: ARGUMENT_TYPE, names: ['main'] }
const RUNNING = { class: LoopStateError, code: LOOP_STATE, names: ['running'] }
const CLOSED = { class: LoopStateError, code: LOOP_STATE, names: ['closed'] }

const store = new AsyncLocalStorage<number>()

export function runnerConformance(harness: Harness): void {
  describe('run', () => {
    const loops = openLab(harness)

    onStage(harness, ({ lab, co, wait, main }) => {
      test('run gives what main returns', async () => {
        expect(
          await main(function* () {
            yield* wait(sleep(0))
            return 42
          }),
        ).toBe(42)
      })

      test('run rejects with what main throws', async () => {
        const error = await rejectionOf(() =>
          main(function* () {
            yield* wait(sleep(0))
            throw new RangeError('spam')
          }),
        )
        expect(String(error)).toBe('RangeError: spam')
      })

      test('run takes coroutines only, whatever a function returns', async () => {
        await expectRejects(() => lab.run(1 as never), NO_CORO)
        await expectRejects(() => lab.run((() => undefined) as never), { class: TypeError, code: ARGUMENT_TYPE })
      })

      test('run sets the debug mode that it is told', async () => {
        const debug = co(function* () {
          return getRunningLoop().getDebug()
        })
        expect(await lab.run(debug, { debug: false })).toBe(false)
        expect(await lab.run(debug, { debug: true })).toBe(true)
      })

      test('run is refused inside the coroutine of another', async () => {
        await main(function* () {
          yield* wait(expectRejects(() => run(co(function* () {})), RUNNING))
        })
      })

      test('a task left over has ended when run returns', async () => {
        let left: Task<void> | undefined
        expect(
          await main(function* () {
            left = createTask(
              co(function* () {
                yield* wait(sleep(60_000))
              }),
            )
            return 123
          }),
        ).toBe(123)
        expect([left?.done(), left?.cancelled()]).toEqual([true, true])
      })

      test('the error of a task left over is reported with the task, as one of the shutdown', async () => {
        let left: Task<void> | undefined
        expect(
          await main(function* () {
            left = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch {
                  throw new RangeError('expected')
                }
              }),
            )
            yield* wait(sleep(0))
            return 123
          }),
        ).toBe(123)
        expect(left?.done()).toBe(true)
        const [report, ...others] = lab.takeReports()
        expect(others).toEqual([])
        expect(report?.message).toMatch(/run.*shutdown/)
        expect(report?.task).toBe(left)
        expect(report?.exception).toBeInstanceOf(RangeError)
      })

      test('an asynchronous generator in a task left over is ended when run rejects', async () => {
        let ended = false
        let left: Task<void> | undefined
        async function* fidget() {
          try {
            for (;;) {
              yield 1
              await sleep(60_000)
            }
          } finally {
            ended = true
          }
        }
        const error = await rejectionOf(() =>
          main(function* () {
            left = createTask(async () => {
              try {
                for await (const _ of fidget());
              } catch {
                throw new RangeError('expected')
              }
            })
            yield* wait(sleep(1))
            throw new SyntaxError('main ends')
          }),
        )
        expect(error).toBeInstanceOf(SyntaxError)
        expect([left?.done(), ended]).toEqual([true, true])
        expect(lab.takeReports()).toHaveLength(1)
      })

      test('a loop factory is called once, and its loop is the one that runs', async () => {
        const made: EventLoop[] = []
        const running = await run(
          co(function* () {
            return getRunningLoop()
          }),
          {
            loopFactory: () => {
              made.push(loops.newLoop())
              return made[0] as EventLoop
            },
          },
        )
        expect(made.length).toBe(1)
        expect(running).toBe(made[0])
      })

      test('several runs of a runner use one loop, closed with the runner', async () => {
        const runner = new Runner({ loopFactory: loops.newLoop })
        const body = co(function* () {
          yield* wait(sleep(0))
          return 'done'
        })
        expect(await runner.run(body)).toBe('done')
        const loop = runner.getLoop()
        await runner.close()
        expectThrows(() => runner.getLoop(), CLOSED)
        expect(loop.isClosed()).toBe(true)
      })

      test('each run of a runner has the context of its caller', async () => {
        await using runner = new Runner({ loopFactory: loops.newLoop })
        const setting = (value: number) =>
          co(function* () {
            const old = store.getStore()
            yield* wait(sleep(0))
            store.enterWith(value)
            return old
          })
        expect(await store.run(-1, () => runner.run(setting(1)))).toBe(-1)
        // asyncio's runner would have kept the 1: docs/differences.md.
        expect(await store.run(-1, () => runner.run(setting(2)))).toBe(-1)
        expect(store.getStore()).toBe(undefined)
      })

      test('a runner is refused inside its own run, and goes on', async () => {
        await using runner = new Runner({ loopFactory: loops.newLoop })
        let begun = false
        await runner.run(
          co(function* () {
            const inner = co(function* () {
              begun = true
            })
            yield* wait(expectRejects(() => runner.run(inner), RUNNING))
          }),
        )
        expect([begun, await runner.run(async () => 'again')]).toEqual([false, 'again'])
      })

      test('what main returns is not looked at', async () => {
        let looks = 0
        const value = {
          [inspect.custom]: () => {
            looks++
            return 'value'
          },
          toString: () => {
            looks++
            return 'value'
          },
        }
        await using runner = new Runner({ loopFactory: loops.newLoop, debug: true })
        const result = await runner.run(
          co(function* () {
            return value
          }),
        )
        expect(result === value).toBe(true)
        expect(looks).toBe(0)
      })
    })

    test('run without a factory installs its loop as the current one while it lasts', async () => {
      let inside: EventLoop | undefined
      const ended = run(async () => {
        inside = getRunningLoop()
        await sleep(0)
      })
      const current = getEventLoop()
      await ended
      expect(inside).toBe(current)
      expectThrows(() => getEventLoop(), { class: LoopStateError, code: LOOP_STATE })
    })

    test('a runner installs its loop once, and takes it out again when it closes', async () => {
      const runner = new Runner()
      await runner.run(async () => {})
      expect(getEventLoop()).toBe(runner.getLoop())
      const other = newEventLoop()
      setEventLoop(other)
      await runner.run(async () => {})
      expect(getEventLoop()).toBe(other)
      await runner.close()
      expectThrows(() => getEventLoop(), { class: LoopStateError, code: LOOP_STATE })
      other.close()
    })

    test.each([true, false])('debug of %s is that of the loop of a runner', async (debug) => {
      const runner = new Runner({ loopFactory: loops.newLoop, debug })
      expect(runner.getLoop().getDebug()).toBe(debug)
      await runner.close()
    })

    test('the loop of a runner is what its factory made', async () => {
      const loop = loops.newLoop()
      const runner = new Runner({ loopFactory: () => loop })
      expect(runner.getLoop()).toBe(loop)
      await runner.close()
      expect(loop.isClosed()).toBe(true)
    })

    test('a runner refuses what is no coroutine, and runs a future and an awaitable', async () => {
      await using runner = new Runner({ loopFactory: loops.newLoop })
      await expectRejects(() => runner.run(123 as never), NO_CORO)
      const future = runner.getLoop().createFuture<string>()
      future.setResult('done')
      expect(await runner.run(future)).toBe('done')
      const doing: PromiseLike<string> = {
        then: (...reactions) => sleep(1, 'done').then(...reactions),
      }
      expect(await runner.run(() => doing)).toBe('done')
    })

    test('a runner that is closed before it ran, and twice, has closed its loop', async () => {
      const runner = new Runner({ loopFactory: loops.newLoop })
      const loop = runner.getLoop()
      await runner.close()
      expectThrows(() => runner.getLoop(), CLOSED)
      expect(loop.isClosed()).toBe(true)
      await runner.close()
      expect(loop.isClosed()).toBe(true)
    })

    test('a runner whose block has ended does not run again', async () => {
      const ran: number[] = []
      const runner = new Runner({ loopFactory: loops.newLoop })
      {
        await using inner = runner
        await inner.run(async () => void ran.push(1))
      }
      await expectRejects(() => runner.run(async () => void ran.push(2)), CLOSED)
      expect(ran).toEqual([1])
    })
  })
}
