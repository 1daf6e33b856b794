/**
 * What a contract suite is told of the loop under test, and the lab in which its tests run.
 *
 * A suite is a function of a `Harness`; test/loops has one file per loop that runs every suite. The lab makes loops,
 * collects what their exception handlers were told, and checks after each test what must balance: every loop is closed,
 * every report was expected by the test that caused it, and no descriptor is open that was not before.
 */
import type { Body, Coroutine, EventLoop } from 'aioloop'
import { run } from 'aioloop'
import { afterEach, beforeEach, expect } from 'vitest'
import type { ExceptionContext } from '../../src/loop/contract/event-loop.ts'
import { descriptorsBackTo, openDescriptors } from './descriptors.ts'

export interface Harness {
  readonly name: string
  /** Timers take real time. False for a virtual clock. */
  readonly realTime: boolean
  /** A round runs its handles in the order in which they were scheduled. False for a loop that shuffles. */
  readonly fifo: boolean
  newLoop(): EventLoop
}

// What a process keeps from its first watch of a signal on is no matter of any one test.
process.once('SIGWINCH', ignore).off('SIGWINCH', ignore)
function ignore(): void {}

/** Time on a loop, without help from the running loop of the context: for code in plain callbacks. */
export function later(loop: EventLoop, delay: number): Promise<void> {
  return new Promise((resolve) => loop.callLater(delay, resolve))
}

export interface Lab {
  /** A loop of the kind under test, closed after the test, whose reports are collected. */
  newLoop(): EventLoop
  /** `run(main)` on a new loop. */
  run<T>(main: Body<T> | Coroutine<T>, options?: { debug?: boolean; signal?: AbortSignal }): Promise<T>
  /** Run `main` inside a callback of a running loop, not in a task; ends when the promise does. */
  inCallback<T>(main: (loop: EventLoop) => T | PromiseLike<T>): Promise<T>
  /** The reports so far; taking them says that they were expected. */
  takeReports(): ExceptionContext[]
}

/** Of every lab: a test may have the hooks of several around it, and the first that ends looks for open descriptors. */
const loops: EventLoop[] = []

export function openLab(harness: Harness): Lab {
  const reports: ExceptionContext[] = []

  function newLoop(): EventLoop {
    const loop = harness.newLoop()
    loop.setExceptionHandler((_loop, context) => reports.push(context))
    loops.push(loop)
    return loop
  }

  let before: number | undefined
  beforeEach(() => {
    before = openDescriptors()
  })
  afterEach(async () => {
    for (const loop of loops.splice(0)) {
      expect(loop.isRunning(), 'a loop was left running').toBe(false)
      loop.close()
    }
    expect(reports.splice(0), 'reports that the test did not expect').toEqual([])
    expect(await descriptorsBackTo(before), 'descriptors that a test left open').toBe(true)
  })

  return {
    newLoop,
    run: (main, options) => run(main, { ...options, loopFactory: newLoop }),
    async inCallback<T>(main: (loop: EventLoop) => T | PromiseLike<T>): Promise<T> {
      const loop = newLoop()
      const ran = new Promise<T>((resolve, reject) => {
        const begin = async (): Promise<void> => {
          try {
            resolve(await main(loop))
          } catch (error) {
            reject(error)
          } finally {
            loop.stop()
          }
        }
        // Debug mode refuses a coroutine function as callback.
        loop.callSoon(() => void begin())
      })
      const [outcome] = await Promise.allSettled([ran, loop.runForever()])
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    },
    takeReports: () => reports.splice(0),
  }
}
