/** Debug mode: where things were made is said wherever they are shown or reported, and slow or forgotten work is named. */
import { inspect } from 'node:util'
import type { Coroutine, EventLoop } from 'aioloop'
import { createTask, gather, getRunningLoop, isCancelled, sleep, taskGroup, timeout, waitFor } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { cancelStacks } from '../../src/base/errors.ts'
import { formatContext } from '../../src/loop/exception-handler.ts'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { collectWarnings } from './warnings.ts'

const HERE = /debug\.contract\.ts:\d+:\d+/

function* never(): Coroutine<void> {
  yield* getRunningLoop().createFuture<void>()
}

export function debugContract(harness: Harness): void {
  describe('debug mode', () => {
    const lab = openLab(harness)
    const warnings = collectWarnings()

    function newLoop(debug = true): EventLoop {
      const loop = lab.newLoop()
      loop.setDebug(debug)
      loop.slowCallbackDuration = 1000
      return loop
    }

    describe('shows where things were made', () => {
      test('a handle', () => {
        expect(inspect(newLoop().callSoon(function work() {}))).toMatch(
          /^<Handle work\(\) created at .*debug\.contract\.ts:\d+:\d+>$/,
        )
      })

      test('a timer handle', () => {
        expect(inspect(newLoop().callLater(5, function work() {}))).toMatch(
          /^<TimerHandle when=\d+\.\d{3} work\(\) created at .*debug\.contract\.ts:\d+:\d+>$/,
        )
      })

      test('a future', () => {
        expect(inspect(newLoop().createFuture())).toMatch(/^<Future pending created at .*debug\.contract\.ts:\d+:\d+>$/)
      })

      test('a task', async () => {
        const shown = await lab.run(async () => inspect(createTask(async function named() {})), { debug: true })
        expect(shown).toMatch(/^<Task "Task-\d+" pending coro=named created at .*debug\.contract\.ts:\d+:\d+>$/)
      })

      test('nothing without debug mode', () => {
        const loop = newLoop(false)
        expect(inspect(loop.createFuture())).toBe('<Future pending>')
        expect(inspect(loop.callSoon(function work(_a: number, _b: number) {}, 1, 2))).toBe('<Handle work>')
      })

      test('the arguments of a callback are shown, those of a cancelled one still', () => {
        const handle = newLoop().callSoon(function work(..._args: unknown[]) {}, 1, 'two', { three: 3 }, 4)
        expect(inspect(handle)).toContain("work(1, 'two', { three: 3 }, 4) created at")
        handle.cancel()
        handle.cancel()
        expect(inspect(handle)).toContain("<Handle cancelled work(1, 'two', { three: 3 }, 4) created at")
      })
    })

    inBothLanes((lane) => {
      const { co, wait } = lane

      test('an error that nobody retrieved is reported with where its task was made', async () => {
        const failing = co(function* (): Coroutine<void> {
          throw new Error('expected')
        })
        await lab.run(
          co(function* () {
            createTask(failing)
            yield* lane.settle()
          }),
          { debug: true },
        )
        const [report] = lab.takeReports()
        expect(report?.message).toBe('Task exception was never retrieved')
        expect(report?.sourceTraceback).toMatch(HERE)
        expect(formatContext(report!)).toMatch(
          /\nObject created at \(most recent call first\):\n +at .*debug\.contract/,
        )
      })

      test('a task that is pending at close is reported with where it was made and where it waits', async () => {
        const loop = newLoop()
        const waiting = co(function* waitingHere() {
          yield* wait(getRunningLoop().createFuture())
        })
        const task = loop.createTask(waiting)
        await loop.runUntilComplete(() => sleep(1))
        loop.close()
        const [report, ...others] = lab.takeReports()
        expect(others).toEqual([])
        expect(report?.message).toBe('Task was destroyed but it is pending!')
        expect(report?.task).toBe(task)
        expect(report?.sourceTraceback).toMatch(HERE)
        expect(report?.waitTraceback).toContain('waitingHere')
        expect(formatContext(report!)).toMatch(
          /\nLast waited at \(most recent call first\):\n(.*\n)? +at .*waitingHere/,
        )
      })

      test('a wait inside a scope is found there', async () => {
        const loop = newLoop()
        const inner = co(function* innermost() {
          yield* wait(getRunningLoop().createFuture())
        })
        loop.createTask(
          co(function* () {
            yield* wait(timeout(null, () => inner()))
          }),
        )
        await loop.runUntilComplete(() => sleep(1))
        loop.close()
        expect(lab.takeReports()[0]?.waitTraceback).toContain('innermost')
      })

      test('a step that takes too long is reported by the name of its task', async () => {
        const loop = newLoop()
        loop.slowCallbackDuration = 0
        const work = co(function* () {
          yield* wait(sleep(0))
          yield* wait(sleep(1))
        })
        await loop.runUntilComplete(loop.createTask(work, { name: 'the slow one' }))
        const slow = warnings.of('AIOLOOP_SLOW_CALLBACK').filter((text) => text.includes('the slow one'))
        // The first step, and one after each wait.
        expect(slow.length).toBeGreaterThanOrEqual(3)
        for (const text of slow) expect(text).toMatch(/^Executing <Task "the slow one" .*contract\.ts.* took .* millis/)
      })

      test('changes nothing of what a program gives', async () => {
        const main = co(function* () {
          const steps: unknown[] = []
          const a = createTask(
            co(function* () {
              yield* wait(sleep(0))
              return 'a'
            }),
          )
          steps.push(yield* wait(a))
          steps.push(yield* wait(gather([() => sleep(1, 'b'), () => sleep(2, 'c')])))
          steps.push(
            yield* wait(taskGroup((tg) => tg.createTask(() => sleep(1, 'd')))),
            yield* wait(waitFor(() => sleep(1, 'e'), 10_000)),
          )
          return steps
        })
        expect(await lab.run(main, { debug: true })).toEqual(await lab.run(main, { debug: false }))
      })
    })

    describe('names what runs for too long', () => {
      test('a callback, with where it was scheduled', async () => {
        const loop = newLoop()
        loop.slowCallbackDuration = 0
        loop.callSoon(function busy() {
          loop.stop()
        })
        await loop.runForever()
        const [first] = warnings.of('AIOLOOP_SLOW_CALLBACK')
        expect(first).toMatch(/^Executing <Handle busy\(\) created at .*debug\.contract\.ts:\d+:\d+> took \d+\.\d mill/)
      })

      test('nothing below the limit', async () => {
        const loop = newLoop()
        loop.slowCallbackDuration = Number.POSITIVE_INFINITY
        await loop.runUntilComplete(() => sleep(1))
        expect(warnings.of('AIOLOOP_SLOW_CALLBACK')).toEqual([])
      })

      test('nothing without debug mode', async () => {
        const loop = newLoop(false)
        loop.slowCallbackDuration = 0
        await loop.runUntilComplete(() => sleep(1))
        expect(warnings.of('AIOLOOP_SLOW_CALLBACK')).toEqual([])
      })
    })

    describe('reports', () => {
      test('a failing callback with where it was scheduled', async () => {
        const loop = newLoop()
        loop.callSoon(() => {
          throw new Error('expected')
        })
        await loop.runUntilComplete(() => sleep(1))
        expect(lab.takeReports()[0]?.sourceTraceback).toMatch(HERE)
      })

      test('by the default handler name the callback that was running', async () => {
        const loop = newLoop()
        const printed: string[] = []
        const error = console.error
        console.error = (text: string) => printed.push(text)
        try {
          loop.callSoon(function scheduledHere() {
            loop.defaultExceptionHandler({ message: 'said from a callback' })
          })
          await loop.runUntilComplete(() => sleep(1))
        } finally {
          console.error = error
        }
        expect(printed).toHaveLength(1)
        expect(printed[0]).toMatch(
          /^said from a callback\nHandle created at \(most recent call first\):\n +at .*contract/,
        )
      })

      test('carry no stacks without debug mode', async () => {
        const loop = newLoop(false)
        loop.callSoon(() => {
          throw new Error('expected')
        })
        loop.createTask(never)
        await loop.runUntilComplete(() => sleep(1))
        loop.close()
        const reports = lab.takeReports()
        expect(reports).toHaveLength(2)
        for (const report of reports) {
          expect(report).not.toHaveProperty('sourceTraceback')
          expect(report).not.toHaveProperty('waitTraceback')
        }
      })
    })

    describe('tells of coroutines that never ran', () => {
      const CODE = 'AIOLOOP_NEVER_STEPPED'

      test('a generator object whose task never began', async () => {
        const loop = newLoop()
        loop.createTask(never())
        loop.close()
        expect(lab.takeReports()).toHaveLength(1)
        expect(warnings.of(CODE)).toEqual([
          expect.stringMatching(
            /^createTask: a coroutine was handed over and never ran \(handed over at .*contract\.ts/,
          ),
        ])
      })

      test('one that a limited gather did not get to', async () => {
        await lab.run(
          async () => {
            const all = gather([never(), never(), never()], { limit: 1 })
            await sleep(1)
            all.cancel()
            await all.catch((error) => expect(isCancelled(error)).toBe(true))
          },
          { debug: true },
        )
        const texts = warnings.of(CODE)
        expect(texts).toHaveLength(2)
        for (const text of texts) expect(text).toMatch(/^gather: /)
      })

      test('one that a task factory dropped', async () => {
        const loop = newLoop()
        loop.setTaskFactory((made) => made.createFuture() as never)
        loop.createTask(never())
        loop.close()
        expect(warnings.of(CODE)).toHaveLength(1)
      })

      test('not one that was cancelled before its first step', async () => {
        await lab.run(
          async () => {
            const task = createTask(never())
            task.cancel()
            await sleep(1)
            expect(task.cancelled()).toBe(true)
          },
          { debug: true },
        )
        expect(warnings.of(CODE)).toEqual([])
      })

      test('not those that ran, however they were handed over', async () => {
        function* quick(): Coroutine<number> {
          return 1
        }
        await lab.run(
          async () => {
            await createTask(quick())
            await createTask(quick(), { eagerStart: true })
            await gather([quick(), quick()], { limit: 1 })
            await waitFor(quick(), 1000)
            await waitFor(quick(), null)
            await taskGroup(async (tg) => tg.createTask(quick()))
          },
          { debug: true },
        )
        expect(warnings.of(CODE)).toEqual([])
      })

      test('nothing without debug mode', () => {
        const loop = newLoop(false)
        loop.createTask(never())
        loop.close()
        lab.takeReports()
        expect(warnings.of(CODE)).toEqual([])
      })
    })

    describe('can be switched', () => {
      test('on and off, and asked for', () => {
        const loop = newLoop(false)
        expect(loop.getDebug()).toBe(false)
        loop.setDebug(true)
        loop.setDebug(true)
        expect(loop.getDebug()).toBe(true)
        expect(inspect(loop)).toBe(`<EventLoop ${loop.name} idle debug>`)
        loop.setDebug(false)
        expect(loop.getDebug()).toBe(false)
      })

      test('by run', async () => {
        expect(await lab.run(async () => getRunningLoop().getDebug(), { debug: true })).toBe(true)
        expect(await lab.run(async () => getRunningLoop().getDebug(), { debug: false })).toBe(false)
      })

      test('on a closed loop without an effect on others', () => {
        const open = cancelStacks.debugLoops
        const closed = newLoop()
        expect(cancelStacks.debugLoops).toBe(open + 1)
        closed.close()
        expect(cancelStacks.debugLoops).toBe(open)
        closed.setDebug(false)
        closed.setDebug(true)
        expect(cancelStacks.debugLoops).toBe(open)
      })
    })

    test('refuses a coroutine function as callback', () => {
      const loop = newLoop()
      const refusal = /callback.*is a coroutine function.*use createTask/
      expect(() => loop.callSoon(async () => {})).toThrow(refusal)
      expect(() => loop.callLater(1, never as () => void)).toThrow(refusal)
      expect(() => loop.callAt(1, async () => {})).toThrow(refusal)
      expect(() => loop.callSoonThreadsafe(async () => {})).toThrow(refusal)
    })

    test('gives a cancellation the stack of who cancelled', async () => {
      const stack = await lab.run(
        async () => {
          const task = createTask(never)
          await sleep(0)
          ;(function whoCancels() {
            task.cancel()
          })()
          return await task.then(
            () => '',
            (error: unknown) => String((error as Error).stack),
          )
        },
        { debug: true },
      )
      expect(stack).toMatch(/^CancelledError/)
      expect(stack).toMatch(/\n +at /)
    })
  })
}
