/** Where errors go that nobody takes: the exception handler, the reports at close, and what must never be reported. */
import type { EventLoop } from 'aioloop'
import { createTask, getRunningLoop, sleep } from 'aioloop'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectThrows } from './refusal.ts'

/** Everything that reaches the terminal while `act` runs. */
async function stderrOf(act: () => unknown): Promise<string> {
  let text = ''
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  const error = vi.spyOn(console, 'error').mockImplementation((...args) => {
    text += args.map(String).join(' ')
  })
  try {
    await act()
  } finally {
    write.mockRestore()
    error.mockRestore()
  }
  return text
}

export function errorsContract(harness: Harness): void {
  describe('errors nobody takes', () => {
    const lab = openLab(harness)
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason)

    afterEach(() => {
      process.removeListener('unhandledRejection', onUnhandled)
      expect(unhandled.splice(0)).toEqual([])
    })

    const idle = (loop: EventLoop): Promise<unknown> => loop.runUntilComplete(() => sleep(1))

    test('an error in a callback goes to the exception handler and the loop goes on', async () => {
      const loop = lab.newLoop()
      const error = new Error('expected')
      let wentOn = false
      const handle = loop.callSoon(function failing() {
        throw error
      })
      loop.callSoon(() => {
        wentOn = true
      })
      await idle(loop)
      expect(wentOn).toBe(true)
      const [report, ...others] = lab.takeReports()
      expect(others).toEqual([])
      expect(report?.message).toMatch(/^Exception in callback/)
      expect(report?.message).toContain('failing')
      expect(report?.exception).toBe(error)
      expect(report?.handle).toBe(handle)
    })

    test.each([null, undefined, 'text', 0, Number.NaN, false, Symbol.for('thrown')])(
      'a callback may throw %s, and that is what is reported',
      async (thrown) => {
        const loop = lab.newLoop()
        loop.callSoon(() => {
          throw thrown
        })
        loop.callLater(0, () => {
          throw thrown
        })
        await idle(loop)
        const reports = lab.takeReports()
        expect(reports).toHaveLength(2)
        for (const report of reports) {
          expect('exception' in report).toBe(true)
          expect(report.exception).toBe(thrown)
        }
      },
    )

    test('an error in a done callback is reported and the callbacks after it run', async () => {
      const loop = lab.newLoop()
      const future = loop.createFuture()
      let ran = false
      future.addDoneCallback(() => {
        throw new Error('expected')
      })
      future.addDoneCallback(() => {
        ran = true
      })
      future.setResult(1)
      await idle(loop)
      expect(ran).toBe(true)
      expect(lab.takeReports()).toHaveLength(1)
    })

    test('the exception handler is called with the loop and the context', async () => {
      const loop = lab.newLoop()
      const calls: unknown[][] = []
      const handler = (...args: unknown[]): void => void calls.push(args)
      loop.setExceptionHandler(handler)
      expect(loop.getExceptionHandler()).toBe(handler)
      const context = { message: 'mine', extra: 5 }
      loop.callExceptionHandler(context)
      expect(calls).toEqual([[loop, context]])
    })

    test('null restores the default handler, which prints the message, the keys and the error', async () => {
      const loop = lab.newLoop()
      loop.setExceptionHandler(null)
      expect(loop.getExceptionHandler()).toBe(null)
      const text = await stderrOf(() =>
        loop.callExceptionHandler({ message: 'what happened', exception: new Error('the reason'), detail: 'seven' }),
      )
      expect(text).toContain('what happened')
      expect(text).toContain('the reason')
      expect(text).toContain('detail')
      expect(text).toContain('seven')
    })

    test('the default handler does not need an exception, and tells null from nothing', async () => {
      const loop = lab.newLoop()
      expect(await stderrOf(() => loop.defaultExceptionHandler({ message: 'only a message' }))).toContain(
        'only a message',
      )
      expect(await stderrOf(() => loop.defaultExceptionHandler({ message: 'odd', exception: null }))).toContain('null')
    })

    test('the exception handler must be a function or null', () => {
      const loop = lab.newLoop()
      for (const bad of ['print', 1, {}, undefined]) {
        expectThrows(() => loop.setExceptionHandler(bad as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['setExceptionHandler', 'handler'],
        })
      }
    })

    test('when the handler itself throws, the default handler is told of both errors', async () => {
      const loop = lab.newLoop()
      const second = new Error('handler failed')
      const told = vi.spyOn(loop, 'defaultExceptionHandler').mockImplementation(() => {})
      loop.setExceptionHandler(() => {
        throw second
      })
      const original = { message: 'original' }
      loop.callExceptionHandler(original)
      expect(told).toHaveBeenCalledTimes(1)
      const context = told.mock.calls[0]?.[0]
      expect(context?.message).toBe('Unhandled error in exception handler')
      expect(context?.exception).toBe(second)
      expect(context?.context).toBe(original)
    })

    test('when the default handler throws too, the error is printed and the loop goes on', async () => {
      const loop = lab.newLoop()
      vi.spyOn(loop, 'defaultExceptionHandler').mockImplementation(() => {
        throw new Error('even this')
      })
      loop.setExceptionHandler(null)
      loop.callSoon(() => {
        throw new Error('first')
      })
      const text = await stderrOf(() => idle(loop))
      expect(text).toContain('even this')
    })

    test('an exception handler set while the loop runs takes the next error', async () => {
      await lab.inCallback(async (loop) => {
        const seen: string[] = []
        const previous = loop.getExceptionHandler()
        loop.setExceptionHandler((_loop, context) => seen.push(context.message))
        loop.callExceptionHandler({ message: 'one' })
        loop.setExceptionHandler(previous)
        expect(seen).toEqual(['one'])
      })
    })

    test('a future whose exception nobody took is reported when its loop closes', async () => {
      const loop = lab.newLoop()
      const error = new Error('nobody takes it')
      const future = loop.createFuture()
      future.setException(error)
      await idle(loop)
      expect(lab.takeReports()).toEqual([])
      loop.close()
      const [report, ...others] = lab.takeReports()
      expect(others).toEqual([])
      expect(report?.message).toBe('Future exception was never retrieved')
      expect(report?.exception).toBe(error)
      expect(report?.future).toBe(future)
    })

    test('a future whose exception is undefined is reported like any other', async () => {
      const loop = lab.newLoop()
      loop.createFuture().setException(undefined)
      loop.close()
      const reports = lab.takeReports()
      expect(reports).toHaveLength(1)
      expect('exception' in (reports[0] ?? {})).toBe(true)
    })

    test.each<[string, (loop: EventLoop) => Promise<unknown> | undefined]>([
      ['exception() was asked', (loop) => void failed(loop).exception()],
      [
        'result() was asked',
        (loop) => {
          try {
            failed(loop).result()
          } catch {
            return
          }
        },
      ],
      ['a coroutine awaited it', (loop) => loop.runUntilComplete(async () => failed(loop).catch(() => {}))],
      ['it has a catch handler', (loop) => loop.runUntilComplete(() => failed(loop).catch(() => {}))],
      [
        'a generator waited for it',
        (loop) =>
          loop.runUntilComplete(function* () {
            try {
              yield* failed(loop)
            } catch {
              return
            }
          }),
      ],
      ['runUntilComplete rejected with it', (loop) => loop.runUntilComplete(failed(loop)).catch(() => {})],
    ])('a failed future is not reported when %s', async (_how, take) => {
      const loop = lab.newLoop()
      await take(loop)
      await idle(loop)
      loop.close()
      expect(lab.takeReports()).toEqual([])
    })

    test('a done callback alone does not take the exception', async () => {
      const loop = lab.newLoop()
      const future = loop.createFuture()
      future.addDoneCallback(() => {})
      future.setException(new Error('expected'))
      await idle(loop)
      loop.close()
      expect(lab.takeReports()).toHaveLength(1)
    })

    test('a cancelled future is not reported', async () => {
      const loop = lab.newLoop()
      loop.createFuture().cancel()
      await idle(loop)
      loop.close()
      expect(lab.takeReports()).toEqual([])
    })

    test('a failed future without a taker is not an unhandled rejection of the process', async () => {
      process.on('unhandledRejection', onUnhandled)
      const loop = lab.newLoop()
      loop.createFuture().setException(new Error('expected'))
      loop.createTask(async () => {
        throw new Error('expected')
      })
      await idle(loop)
      await new Promise((resolve) => setImmediate(resolve))
      loop.close()
      expect(lab.takeReports()).toHaveLength(2)
    })

    inBothLanes(({ co, wait }) => {
      test('a task whose error nobody took is reported when its loop closes, and by its name', async () => {
        const loop = lab.newLoop()
        const error = new Error('nobody takes it')
        const body = co(function* () {
          yield* wait(sleep(0))
          throw error
        })
        const task = loop.createTask(body, { name: 'forgotten' })
        await idle(loop)
        loop.close()
        const [report, ...others] = lab.takeReports()
        expect(others).toEqual([])
        expect(report?.message).toMatch(/^Task exception was never retrieved/)
        expect(report?.exception).toBe(error)
        expect(report?.future ?? report?.task).toBe(task)
      })

      test('a task awaited by another task is not reported', async () => {
        await lab.run(
          co(function* () {
            const child = createTask(
              co(function* () {
                yield* wait(sleep(0))
                throw new Error('expected')
              }),
            )
            try {
              yield* wait(child)
            } catch {
              return
            }
          }),
        )
        expect(lab.takeReports()).toEqual([])
      })

      test('a task still pending when its loop closes is reported once', async () => {
        const loop = lab.newLoop()
        const forever = loop.createFuture()
        const body = co(function* () {
          yield* wait(forever)
        })
        const task = loop.createTask(body)
        await idle(loop)
        loop.close()
        const reports = lab.takeReports()
        expect(reports).toHaveLength(1)
        expect(reports[0]?.message).toMatch(/pending/)
        expect(reports[0]?.task).toBe(task)
      })

      test('run cancels what is left, waits for it, and reports the errors of its clean-up', async () => {
        const error = new Error('clean-up failed')
        const log: string[] = []
        await lab.run(
          co(function* () {
            createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } finally {
                  yield* wait(sleep(1))
                  log.push('cleaned up')
                }
              }),
            )
            createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch {
                  throw error
                }
              }),
            )
            yield* wait(sleep(0))
          }),
        )
        expect(log).toEqual(['cleaned up'])
        const [report, ...others] = lab.takeReports()
        expect(others).toEqual([])
        expect(report?.message).toMatch(/shutdown/)
        expect(report?.exception).toBe(error)
      })
    })

    test('an error thrown by a callback while a task waits reaches the handler and not the task', async () => {
      await lab.run(async () => {
        getRunningLoop().callSoon(() => {
          throw new Error('expected')
        })
        await sleep(1)
      })
      expect(lab.takeReports()).toHaveLength(1)
    })
  })
}

function failed(loop: EventLoop): ReturnType<EventLoop['createFuture']> {
  const future = loop.createFuture()
  future.setException(new Error('expected'))
  return future
}
