/** run and Runner: one way in, one way out, nothing left behind. Signals and exit codes are in interrupt.test.ts. */
import {
  createTask,
  currentTask,
  type EventLoop,
  type ExceptionContext,
  getEventLoop,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  newEventLoop,
  Runner,
  run,
  sleep,
} from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import { describe, expect, test } from 'vitest'
import { ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from '../../contract/refusal.ts'

const refused = { class: LoopStateError, code: LOOP_STATE }

describe('run', () => {
  test('run gives the value of main, for each kind of coroutine', async () => {
    expect(await run(async () => 1)).toBe(1)
    expect(
      await run(function* () {
        yield* sleep(0)
        return 2
      }),
    ).toBe(2)
    expect(
      await run(
        (function* () {
          yield* sleep(0)
          return 3
        })(),
      ),
    ).toBe(3)
    expect(await run(() => sleep(1, 4))).toBe(4)
  })

  test('run rejects with the very error of main', async () => {
    const error = new Error('mine')
    expect(await rejectionOf(() => run(() => Promise.reject(error)))).toBe(error)
  })

  test('run inside a running task rejects, and the task goes on', async () => {
    await run(async () => {
      await expectRejects(() => run(async () => 1), refused)
      await sleep(0)
      await expectRejects(() => run(async () => 1), refused)
    })
  })

  test('run inside a plain callback of a loop rejects', async () => {
    await run(async () => {
      const loop = getRunningLoop()
      const outcome = await new Promise((resolve) =>
        loop.callSoon(() => resolve(rejectionOf(() => run(async () => 1)))),
      )
      expect(outcome).toBeInstanceOf(LoopStateError)
    })
  })

  test('two runs in unrelated contexts each have their own loop', async () => {
    const main = async (): Promise<EventLoop> => {
      await sleep(2)
      return getRunningLoop()
    }
    const [a, b] = await Promise.all([run(main), run(main)])
    expect(a === b).toBe(false)
    expect([a.isClosed(), b.isClosed()]).toEqual([true, true])
  })

  test('run closes its loop on success and on failure', async () => {
    let loop: EventLoop | undefined
    await run(async () => {
      loop = getRunningLoop()
    })
    expect(loop?.isClosed()).toBe(true)
    await rejectionOf(() =>
      run(async () => {
        loop = getRunningLoop()
        throw new Error('expected')
      }),
    )
    expect(loop?.isClosed()).toBe(true)
  })

  test('run cancels what is left and waits for its clean-up', async () => {
    const log: string[] = []
    await run(async () => {
      createTask(async () => {
        try {
          await sleep(60_000)
        } catch (error) {
          log.push(isCancelled(error) ? 'cancelled' : 'other')
          await sleep(1)
          log.push('cleaned up')
          throw error
        }
      })
      await sleep(0)
    })
    expect(log).toEqual(['cancelled', 'cleaned up'])
  })

  test('the error of cleaning up after a run that failed is reported, and run rejects with its own', async () => {
    const error = new Error('of the run')
    const reports: ExceptionContext[] = []
    const thrown = await rejectionOf(() =>
      run(async () => {
        const loop = getRunningLoop()
        loop.setExceptionHandler((_loop, context) => reports.push(context))
        createTask(
          async () => {
            try {
              await sleep(60_000)
            } finally {
              loop.stop()
              await sleep(60_000)
            }
          },
          { name: 'stops the loop' },
        )
        await sleep(0)
        throw error
      }),
    )
    expect(thrown).toBe(error)
    expect(reports.map(({ message }) => message)).toEqual([
      'Task was destroyed but it is pending!',
      'unhandled exception while run() closed its loop',
    ])
    expect(reports[1]?.exception).toBeInstanceOf(LoopStateError)
    expect(reports[1]?.failure).toBe(error)
  })

  test.each([
    ['another error with the same words', () => new Error('words'), 1],
    ['the very same error', (error: Error) => error, 0],
  ])('of the cleaning up %s is told as often as it is one', async (_what, second, times) => {
    const error = new Error('words')
    const reports: ExceptionContext[] = []
    const loopFactory = () => {
      const loop = new VirtualLoop()
      loop.setExceptionHandler((_loop, context) => reports.push(context))
      const close = loop.close.bind(loop)
      return Object.assign(loop, {
        close: () => {
          close()
          throw second(error)
        },
      })
    }
    const main = async () => {
      await sleep(1)
      throw error
    }
    expect(await rejectionOf(() => run(main, { loopFactory }))).toBe(error)
    expect(reports.map(({ failure, exception }) => [failure === error, String(exception)])).toEqual(
      Array(times).fill([true, 'Error: words']),
    )
  })

  test('run leaves no listener, no current loop and no policy behind', async () => {
    const before = process.eventNames().map((name) => [String(name), process.listenerCount(name)])
    await run(() => sleep(1))
    await rejectionOf(() => run(() => Promise.reject(new Error('expected'))))
    expect(process.eventNames().map((name) => [String(name), process.listenerCount(name)])).toEqual(before)
    expectThrows(() => getEventLoop(), refused)
  })

  test('the main task is the current task and has a name', async () => {
    await run(async () => {
      expect(currentTask()?.getName()).toMatch(/./)
      expect(currentTask()?.getLoop()).toBe(getRunningLoop())
    })
  })

  test('an aborted signal cancels main, and run rejects with the reason of the signal', async () => {
    const controller = new AbortController()
    const log: string[] = []
    const reason = new Error('enough')
    const outcome = rejectionOf(() =>
      run(
        async () => {
          setTimeout(() => controller.abort(reason), 1)
          try {
            await sleep(60_000)
          } finally {
            log.push('cleaned up')
          }
        },
        { signal: controller.signal },
      ),
    )
    expect(await outcome).toBe(reason)
    expect(log).toEqual(['cleaned up'])
  })

  test('a signal aborted before the run never lets main begin', async () => {
    let began = false
    await rejectionOf(() =>
      run(
        async () => {
          began = true
        },
        { signal: AbortSignal.abort() },
      ),
    )
    expect(began).toBe(false)
  })

  test('a signal aborted after the run does nothing', async () => {
    const controller = new AbortController()
    expect(await run(() => sleep(0, 'value'), { signal: controller.signal })).toBe('value')
    controller.abort()
  })

  test('main may swallow the abort and give a value', async () => {
    const controller = new AbortController()
    const main = () => {
      setTimeout(() => controller.abort(), 1)
      return sleep(60_000).then(undefined, () => 'partial')
    }
    const value = await run(main, { signal: controller.signal })
    expect(value).toBe('partial')
  })

  test('a loopFactory makes the loop, which is not installed as the current one', async () => {
    let made: EventLoop | undefined
    await run(
      async () => {
        expect(getRunningLoop()).toBe(made)
      },
      {
        loopFactory: () => {
          made = newEventLoop()
          return made
        },
      },
    )
    expect(made?.isClosed()).toBe(true)
  })

  test('options of the wrong type are refused by name', async () => {
    const typed = { class: TypeError, code: ARGUMENT_TYPE }
    await expectRejects(() => run(async () => 1, { signal: {} as never }), { ...typed, names: ['signal'] })
    await expectRejects(() => run(async () => 1, { loopFactory: 5 as never }), { ...typed, names: ['loopFactory'] })
    await expectRejects(() => run(async () => 1, { loopFactory: (() => 5) as never }), {
      ...typed,
      names: ['loopFactory'],
    })
  })
})

describe('Runner', () => {
  test('several runs share one loop until close', async () => {
    const runner = new Runner()
    const loops = [await runner.run(async () => getRunningLoop()), await runner.run(async () => getRunningLoop())]
    expect(loops[0] === loops[1] && loops[0] === runner.getLoop()).toBe(true)
    expect(loops[0]?.isClosed()).toBe(false)
    await runner.close()
    expect(loops[0]?.isClosed()).toBe(true)
  })

  test('a task left by one run goes on in the next', async () => {
    const runner = new Runner()
    const log: string[] = []
    const gate = runner.getLoop().createFuture<void>()
    const task = await runner.run(async () => {
      const left = createTask(async () => {
        await gate
        log.push('went on')
      })
      return { left }
    })
    expect(log).toEqual([])
    await runner.run(async () => {
      gate.setResult()
      await task.left
    })
    expect(log).toEqual(['went on'])
    await runner.close()
  })

  test('close is idempotent, and a closed runner refuses to run and to give its loop', async () => {
    const runner = new Runner()
    await runner.run(async () => 1)
    await runner.close()
    await runner.close()
    await expectRejects(() => runner.run(async () => 1), { ...refused, names: [/closed/] })
    expectThrows(() => runner.getLoop(), { ...refused, names: [/closed/] })
  })

  test('closing a runner that never ran makes no loop', async () => {
    let made = 0
    const runner = new Runner({
      loopFactory: () => {
        made++
        return newEventLoop()
      },
    })
    await runner.close()
    expect(made).toBe(0)
  })

  test('await using closes the runner', async () => {
    let loop: EventLoop | undefined
    {
      await using runner = new Runner()
      loop = await runner.run(async () => getRunningLoop())
    }
    expect(loop?.isClosed()).toBe(true)
  })

  test('a runner refuses to run inside its own run', async () => {
    const runner = new Runner()
    await runner.run(async () => {
      await expectRejects(() => runner.run(async () => 1), refused)
    })
    await runner.close()
  })

  test('a run that failed leaves the runner usable', async () => {
    const runner = new Runner()
    await rejectionOf(() => runner.run(() => Promise.reject(new Error('expected'))))
    expect(await runner.run(async () => 'again')).toBe('again')
    await runner.close()
  })
})
