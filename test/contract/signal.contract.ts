/**
 * task.signal: cancellation for everything that takes an AbortSignal. It stands for the cancellations that were not
 * consumed yet; where it was read, its abort is the delivery.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Task } from 'aioloop'
import { createTask, currentTask, isCancelled, Lock, sleep, taskGroup, timeout, wrapFuture } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'

const self = (): Task<unknown> => currentTask() as Task<unknown>

/** A foreign API that listens to a signal as fetch does. */
function foreignWait(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** Rounds enough for everything that follows from what just happened. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await sleep(0)
}

export function signalContract(harness: Harness): void {
  describe('task.signal', () => {
    const lab = openLab(harness)

    test('the signal of a task that nobody cancelled is not aborted, and is the same at every read', async () => {
      await lab.run(async () => {
        const first = self().signal
        await sleep(0)
        expect(self().signal).toBe(first)
        expect(first).toBeInstanceOf(AbortSignal)
        expect(first.aborted).toBe(false)
      })
    })

    test('a cancel that finds the task in a foreign await aborts the signal with a CancelledError', async () => {
      await lab.run(async () => {
        let reason: unknown
        const task = createTask(async () => {
          try {
            await foreignWait(self().signal)
          } catch (error) {
            reason = error
            throw error
          }
        })
        await settle()
        expect(task.cancel('no longer needed')).toBe(true)
        await settle()
        expect(isCancelled(reason)).toBe(true)
        expect((reason as Error).message).toBe('no longer needed')
        expect(task.cancelled()).toBe(true)
      })
    })

    test('an abort that was delivered through the signal is not delivered again at the next library wait', async () => {
      await lab.run(async () => {
        const task = createTask(async () => {
          await foreignWait(self().signal).catch(() => {})
          await sleep(1)
          return 'cleaned up'
        })
        await settle()
        task.cancel()
        expect(await task).toBe('cleaned up')
        expect(task.cancelling()).toBe(1)
      })
    })

    test('a signal not read since the last library wait leaves the cancel armed', async () => {
      await lab.run(async () => {
        let go: () => void = () => {}
        const foreign = new Promise<void>((resolve) => {
          go = resolve
        })
        const task = createTask(async () => {
          const early = self().signal
          await sleep(0)
          await foreign
          expect(early.aborted).toBe(true)
          await sleep(1)
          return 'not reached'
        })
        await settle()
        task.cancel()
        go()
        await settle()
        expect(task.cancelled()).toBe(true)
      })
    })

    test('a signal read while a cancel is not consumed is aborted', async () => {
      await lab.run(async () => {
        const task = createTask(async () => {
          await sleep(60_000).then(undefined, () => {})
          return self().signal.aborted
        })
        await settle()
        task.cancel()
        expect(await task).toBe(true)
      })
    })

    test('after uncancel to zero the next read gives a fresh signal, and it works again', async () => {
      await lab.run(async () => {
        const seen: boolean[] = []
        const task = createTask(async () => {
          for (let i = 0; i < 3; i++) {
            const signal = self().signal
            seen.push(signal.aborted)
            await foreignWait(signal).catch(() => {})
            seen.push(signal.aborted)
            expect(self().uncancel()).toBe(0)
          }
          return 'three times'
        })
        for (let i = 0; i < 3; i++) {
          await settle()
          task.cancel()
        }
        expect(await task).toBe('three times')
        expect(seen).toEqual([false, true, false, true, false, true])
      })
    })

    test('a cancel that finds a generator in wrapFuture aborts the signal that it handed out', async () => {
      await lab.run(async () => {
        let signal: AbortSignal | undefined
        const task = createTask(function* () {
          signal = self().signal
          yield* wrapFuture(foreignWait(signal))
        })
        await settle()
        task.cancel()
        await settle()
        expect([signal?.aborted, task.cancelled()]).toEqual([true, true])
      })
    })

    test('the signal of a task that ended by itself is never aborted', async () => {
      await lab.run(async () => {
        const task = createTask(async () => self().signal)
        const signal = await task
        task.cancel()
        await settle()
        expect(signal.aborted).toBe(false)
      })
    })

    inBothLanes(({ co, wait }) => {
      const abortedThenTidy = async (signal: AbortSignal) => {
        await foreignWait(signal).catch(() => {})
        await sleep(1)
        return 'cleaned up'
      }
      const throughABody = {
        'lock.runExclusive': () => new Lock().runExclusive(() => abortedThenTidy(self().signal)),
        timeout: () => timeout(60_000, () => abortedThenTidy(self().signal)),
        taskGroup: () => taskGroup(() => abortedThenTidy(self().signal)),
      }
      test.each(Object.entries(throughABody))(
        'an abort is the one delivery inside the async body of %s',
        async (_, call) => {
          await lab.run(async () => {
            const task = createTask(
              co(function* () {
                const value = yield* wait(call())
                yield* wait(sleep(1))
                return value
              }),
            )
            await settle()
            task.cancel()
            expect(await task).toBe('cleaned up')
            expect(task.cancelling()).toBe(1)
          })
        },
      )

      test('the abort of a scope’s signal is the one delivery of its deadline', async () => {
        await lab.run(
          co(function* () {
            const value = yield* wait(timeout(1, (scope) => abortedThenTidy(scope.signal)))
            yield* wait(sleep(1))
            expect([value, self().cancelling()]).toEqual(['cleaned up', 0])
          }),
        )
      })

      test('a cancel that an async body slept through in a foreign await does not take its outcome away', async () => {
        await lab.run(async () => {
          let go: () => void = () => {}
          const foreign = new Promise<void>((resolve) => {
            go = resolve
          })
          const lock = new Lock()
          let outcome: unknown
          const task = createTask(
            co(function* () {
              outcome = yield* wait(lock.runExclusive(() => foreign.then(() => 'kept')))
              yield* wait(sleep(1))
            }),
          )
          await settle()
          task.cancel()
          go()
          await settle()
          expect([outcome, lock.locked(), task.cancelled()]).toEqual(['kept', false, true])
        })
      })
    })

    if (!harness.realTime) return

    test('fetch stops when its task is cancelled, and works again after the cancel was consumed', async () => {
      const server = createServer((request, response) => {
        if (request.url === '/slow') return
        response.end('quick')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      try {
        await lab.run(async () => {
          const task = createTask(async () => {
            const get = async (path: string): Promise<string> => {
              const response = await fetch(base + path, { signal: self().signal })
              return await response.text()
            }
            let stopped = false
            try {
              await get('/slow')
            } catch (error) {
              stopped = isCancelled(error)
            }
            self().uncancel()
            return [stopped, await get('/quick')]
          })
          await sleep(50)
          task.cancel()
          expect(await task).toEqual([true, 'quick'])
        })
      } finally {
        server.closeAllConnections()
        server.close()
      }
    })
  })
}
