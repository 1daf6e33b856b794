/**
 * The order rules that everything else rests on: FIFO, rounds that run a snapshot, nothing runs synchronously, done
 * callbacks go through the ready queue, promise jobs run between rounds.
 */
import type { EventLoop } from 'aioloop'
import { createTask, currentTask, Handle, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, later, openLab } from './harness.ts'

export function orderContract(harness: Harness): void {
  describe('order', () => {
    const lab = openLab(harness)

    /** Let `schedule` plan what it likes on a loop that does not run yet, then run the loop until it is idle. */
    async function logOf(schedule: (loop: EventLoop, log: unknown[]) => void): Promise<unknown[]> {
      const loop = lab.newLoop()
      const log: unknown[] = []
      schedule(loop, log)
      await loop.runUntilComplete(async () => {
        for (let i = 0; i < 20; i++) await sleep(0)
      })
      return log
    }

    test('a callback does not run before callSoon returns', async () => {
      await lab.inCallback((loop) => {
        let ran = false
        const handle = loop.callSoon(() => {
          ran = true
        })
        expect(ran).toBe(false)
        expect(handle).toBeInstanceOf(Handle)
        expect(handle.cancelled()).toBe(false)
      })
    })

    test('a callback receives exactly the arguments it was scheduled with, however many', async () => {
      const log = await logOf((loop, log) => {
        for (let count = 0; count <= 6; count++) {
          loop.callSoon((...args: number[]) => log.push(args.join()), ...Array.from({ length: count }, (_, i) => i))
        }
      })
      expect([...log].sort()).toEqual(['', '0', '0,1', '0,1,2', '0,1,2,3', '0,1,2,3,4', '0,1,2,3,4,5'])
    })

    test('what the callbacks of a round schedule runs in the next round', async () => {
      const log = await logOf((loop, log) => {
        const parent = (name: string): void => {
          log.push('parent')
          loop.callSoon(() => log.push(`child of ${name}`))
        }
        loop.callSoon(parent, 'a')
        loop.callSoon(parent, 'b')
      })
      expect(log.slice(0, 2)).toEqual(['parent', 'parent'])
      expect(log).toHaveLength(4)
    })

    test('a handle cancelled before its round does not run', async () => {
      const log = await logOf((loop, log) => {
        loop.callSoon(() => log.push('runs'))
        const handle = loop.callSoon(() => log.push('does not run'))
        handle.cancel()
        handle.cancel()
        expect(handle.cancelled()).toBe(true)
      })
      expect(log).toEqual(['runs'])
    })

    test('cancelling a handle that already ran does nothing', async () => {
      await lab.inCallback(async (loop) => {
        let runs = 0
        const handle = loop.callSoon(() => runs++)
        await later(loop, 0)
        await later(loop, 0)
        expect(runs).toBe(1)
        handle.cancel()
        await later(loop, 0)
        expect(runs).toBe(1)
      })
    })

    test('there is no current task in a plain callback, even one scheduled by a task', async () => {
      await lab.run(async () => {
        const loop = currentTask()!.getLoop()
        const seen = await new Promise((resolve) => loop.callSoon(() => resolve(currentTask() ?? 'none')))
        expect(seen).toBe('none')
      })
    })

    test('promise jobs that a callback queues run before the next round', async () => {
      const log = await logOf((loop, log) => {
        loop.callSoon(() => {
          Promise.resolve().then(() => log.push('promise job'))
          loop.callSoon(() => log.push('next round'))
        })
      })
      expect(log).toEqual(['promise job', 'next round'])
    })

    if (!harness.fifo) return

    test('callbacks run in the order in which they were scheduled', async () => {
      const log = await logOf((loop, log) => {
        for (let i = 0; i < 1000; i++) loop.callSoon((n) => log.push(n), i)
      })
      expect(log).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    })

    test('callSoonThreadsafe and callSoon share one queue', async () => {
      const log = await logOf((loop, log) => {
        loop.callSoon(() => log.push(1))
        loop.callSoonThreadsafe((n) => log.push(n), 2)
        loop.callSoon(() => log.push(3))
      })
      expect(log).toEqual([1, 2, 3])
    })

    test('a callback scheduled during a round waits for all that were ready when the round began', async () => {
      const log = await logOf((loop, log) => {
        loop.callSoon(() => {
          log.push('a')
          loop.callSoon(() => log.push('c'))
        })
        loop.callSoon(() => log.push('b'))
      })
      expect(log).toEqual(['a', 'b', 'c'])
    })

    test('a handle cancelled by an earlier one of the same round does not run', async () => {
      const log = await logOf((loop, log) => {
        loop.callSoon(() => second.cancel())
        const second = loop.callSoon(() => log.push('cancelled'))
        loop.callSoon(() => log.push('kept'))
      })
      expect(log).toEqual(['kept'])
    })

    test('done callbacks go through the ready queue in the order in which they were added', async () => {
      const log = await logOf((loop, log) => {
        const future = loop.createFuture<string>()
        future.addDoneCallback((done) => log.push(`first ${done.result()}`))
        future.addDoneCallback(() => log.push('second'))
        loop.callSoon(() => {
          loop.callSoon(() => log.push('scheduled before the result'))
          future.setResult('value')
          log.push('result set')
          loop.callSoon(() => log.push('scheduled after the result'))
        })
      })
      expect(log).toEqual([
        'result set',
        'scheduled before the result',
        'first value',
        'second',
        'scheduled after the result',
      ])
    })

    test('a done callback added to a finished future runs in the next round', async () => {
      const log = await logOf((loop, log) => {
        const future = loop.createFuture()
        future.setResult(1)
        loop.callSoon(() => {
          future.addDoneCallback(() => log.push('done callback'))
          log.push('added')
        })
        loop.callSoon(() => log.push('same round'))
      })
      expect(log).toEqual(['added', 'same round', 'done callback'])
    })

    test('the first step of a task takes its place in the queue like a callback', async () => {
      const log = await logOf((loop, log) => {
        loop.callSoon(() => log.push('before'))
        loop.createTask(function* () {
          log.push('step')
          yield* sleep(0)
        })
        loop.callSoon(() => log.push('after'))
      })
      expect(log).toEqual(['before', 'step', 'after'])
    })

    test('sleep(0) lets every other ready task take exactly one step', async () => {
      const log = await logOf((loop, log) => {
        for (const name of ['a', 'b', 'c']) {
          loop.createTask(function* () {
            for (let step = 1; step <= 3; step++) {
              log.push(`${name}${step}`)
              yield* sleep(0)
            }
          })
        }
      })
      expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3'])
    })

    test('async functions take their steps in turn as generator coroutines do', async () => {
      const log = await logOf((loop, log) => {
        for (const name of ['a', 'b', 'c']) {
          loop.createTask(async () => {
            for (let step = 1; step <= 3; step++) {
              log.push(`${name}${step}`)
              await sleep(0)
            }
          })
        }
      })
      expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3'])
    })

    test('a task is woken in the round after the one in which its future was finished', async () => {
      const log = await logOf((loop, log) => {
        const future = loop.createFuture()
        loop.createTask(function* () {
          yield* future
          log.push('woken')
        })
        loop.callSoon(() => {
          future.setResult(1)
          log.push('finished')
        })
        loop.callSoon(() => log.push('same round'))
      })
      expect(log).toEqual(['finished', 'same round', 'woken'])
    })

    test('several waiters of one future are woken in the order in which they began to wait', async () => {
      const log = await logOf((loop, log) => {
        const future = loop.createFuture()
        for (let i = 0; i < 5; i++) {
          loop.createTask(function* () {
            yield* future
            log.push(i)
          })
        }
        loop.callSoon(() => loop.callSoon(() => future.setResult(1)))
      })
      expect(log).toEqual([0, 1, 2, 3, 4])
    })

    test('calling an async function inside a task runs it to its first wait without a round', async () => {
      await lab.run(async () => {
        const log: string[] = []
        createTask(function* () {
          log.push('other task')
        })
        const inner = async (): Promise<void> => {
          log.push('inner')
        }
        await inner()
        log.push('after inner')
        await sleep(0)
        expect(log).toEqual(['inner', 'after inner', 'other task'])
      })
    })
  })
}
