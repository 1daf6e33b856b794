/** runSync: a value from a blocking run, wherever a coroutine can make progress, and an error where it cannot. */
import {
  createTask,
  Event,
  type ExceptionContext,
  gather,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  NativeEventLoopPolicy,
  NotSupportedError,
  PortableEventLoopPolicy,
  run,
  runSync,
  sleep,
  wrapFuture,
} from 'aioloop'
import { beforeAll, describe, expect, test } from 'vitest'
import { ARGUMENT_TYPE, expectThrows, LOOP_STATE, thrownBy } from '../../contract/refusal.ts'
import { ensureBuilt, runProgram } from '../../lifecycle/program.ts'

beforeAll(ensureBuilt, 600_000)

describe.each([
  ['native', () => new NativeEventLoopPolicy().newEventLoop({ standalone: true })],
  ['portable', () => new PortableEventLoopPolicy().newEventLoop({ standalone: true })],
] as const)('runSync on the %s loop', (name, loopFactory) => {
  const options = { loopFactory }

  test('a generator coroutine gives its value before runSync returns', () => {
    let other = 0
    setImmediate(() => other++)
    const value = runSync(function* () {
      yield* sleep(2)
      yield* sleep(0)
      return 'value'
    }, options)
    expect([value, other]).toEqual(['value', 0])
  })

  test('tasks, gather, callbacks and timers of the blocking loop run', () => {
    const log = runSync(function* () {
      const log: unknown[] = []
      const loop = getRunningLoop()
      loop.callSoon(() => log.push('callback'))
      loop.callLater(1, () => log.push('timer'))
      const children = [3, 1, 2].map((n) =>
        createTask(function* () {
          yield* sleep(n)
          return n
        }),
      )
      log.push(yield* gather(children))
      return log
    }, options)
    expect(log).toEqual(['callback', 'timer', [3, 1, 2]])
  })

  test('the error of main is thrown, the very object', () => {
    const error = new Error('mine')
    expect(
      thrownBy(() =>
        runSync(function* () {
          yield* sleep(1)
          throw error
        }, options),
      ),
    ).toBe(error)
  })

  test('what main leaves running is cancelled and cleaned up before runSync returns', () => {
    const log: string[] = []
    runSync(function* () {
      createTask(function* () {
        try {
          yield* sleep(60_000)
        } catch (error) {
          yield* sleep(1)
          log.push(isCancelled(error) ? 'cancelled and cleaned up' : 'other')
        }
      })
      yield* sleep(0)
      yield* sleep(0)
    }, options)
    expect(log).toEqual(['cancelled and cleaned up'])
  })

  test('the error of cleaning up after a run that failed is reported, and the one of the run is thrown', () => {
    const error = new Error('of the run')
    const reports: ExceptionContext[] = []
    const stuck = function* () {
      try {
        yield* sleep(60_000)
      } finally {
        yield* getRunningLoop().createFuture()
      }
    }
    const thrown = thrownBy(() =>
      runSync(function* () {
        getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context))
        createTask(stuck, { name: 'the stuck one' })
        yield* sleep(0)
        throw error
      }, options),
    )
    expect(thrown).toBe(error)
    expect(reports.map(({ message }) => message)).toEqual(['unhandled exception while runSync() closed its loop'])
    expect(reports[0]?.failure).toBe(error)
    expect(reports[0]?.exception).toMatchObject({ code: 'ERR_AIOLOOP_DEADLOCK' })
    expect(String(reports[0]?.exception)).toContain('the stuck one')
  })

  test('an error of cleaning up that only reads like that of the run is reported too', () => {
    const error = new Error('words')
    const reports: ExceptionContext[] = []
    const closesBadly = () => {
      const loop = loopFactory()
      loop.setExceptionHandler((_loop, context) => reports.push(context))
      const close = loop.close.bind(loop)
      return Object.assign(loop, {
        close: () => {
          close()
          throw new Error('words')
        },
      })
    }
    const main = function* () {
      yield* sleep(1)
      throw error
    }
    expect(thrownBy(() => runSync(main, { loopFactory: closesBadly }))).toBe(error)
    expect(reports.map(({ failure, exception }) => [failure === error, String(exception)])).toEqual([
      [true, 'Error: words'],
    ])
  })

  test('the error of cleaning up after a run that gave its value is thrown', () => {
    const thrown = thrownBy(() =>
      runSync(function* () {
        createTask(function* () {
          try {
            yield* sleep(60_000)
          } finally {
            yield* getRunningLoop().createFuture()
          }
        })
        yield* sleep(0)
        return 'value'
      }, options),
    )
    expect(thrown).toMatchObject({ code: 'ERR_AIOLOOP_DEADLOCK' })
  })

  test('runSync works inside a task, a callback and a timer of a running loop, and nested in itself', async () => {
    const nested = (depth: number): number =>
      runSync(function* () {
        yield* sleep(1)
        return depth === 0 ? 0 : 1 + nested(depth - 1)
      }, options)
    await run(async () => {
      const loop = getRunningLoop()
      expect(nested(3)).toBe(3)
      expect(getRunningLoop()).toBe(loop)
      expect(await new Promise((resolve) => loop.callSoon(() => resolve(nested(1))))).toBe(1)
      expect(await new Promise((resolve) => loop.callLater(1, () => resolve(nested(2))))).toBe(2)
      await sleep(1)
      expect(getRunningLoop()).toBe(loop)
    })
  })

  test('the outer task is the current one again after a nested run', async () => {
    await run(function* () {
      const loop = getRunningLoop()
      const inner = runSync(function* () {
        yield* sleep(0)
        return getRunningLoop()
      }, options)
      expect(inner === loop).toBe(false)
      expect(getRunningLoop() === loop).toBe(true)
      yield* sleep(0)
    })
  })

  test('tasks pending with nothing left to wake the loop are a deadlock error that lists them, not a hang', () => {
    const error = thrownBy(() =>
      runSync(function* () {
        const never = getRunningLoop().createFuture()
        createTask(
          function* () {
            yield* never
          },
          { name: 'the stuck one' },
        )
        yield* getRunningLoop().createFuture()
      }, options),
    ) as Error & { code?: string }
    expect(error).toBeInstanceOf(LoopStateError)
    expect(error.code).toBe('ERR_AIOLOOP_DEADLOCK')
    expect(error.message).toContain('the stuck one')
  })

  if (name === 'native') {
    test('a signal that has a handler is something to wait for, ^C of the run itself is not', () => {
      const seen = runSync(function* () {
        const loop = getRunningLoop()
        const asked = new Event()
        loop.addSignalHandler('SIGUSR2', () => asked.set())
        process.kill(process.pid, 'SIGUSR2')
        yield* asked.wait()
        loop.removeSignalHandler('SIGUSR2')
        return 'asked'
      }, options)
      expect(seen).toBe('asked')
    })

    test('runForeverSync waits for a signal that stops it', () => {
      const loop = loopFactory()
      loop.addSignalHandler('SIGUSR2', () => loop.stop())
      process.kill(process.pid, 'SIGUSR2')
      loop.runForeverSync()
      loop.close()
    })
  } else {
    test('signals are refused in words: none comes while it blocks', () => {
      const loop = loopFactory()
      expect(loop.capabilities.signals).toBe(false)
      const error = thrownBy(() => loop.addSignalHandler('SIGUSR2', () => {})) as NotSupportedError
      expect(error).toBeInstanceOf(NotSupportedError)
      expect(error.capability).toBe('signals')
      loop.close()
    })
  }

  test('an async function after an await of the caller gets LoopStateError that says what to do', async () => {
    await Promise.resolve()
    const error = thrownBy(() =>
      runSync(async () => {
        await sleep(1)
        return 1
      }, options),
    ) as Error
    expect(error).toBeInstanceOf(LoopStateError)
    expect(error.message).toMatch(/promise job.*function\*, or use await run\(main\)/)
  })

  test('a foreign promise after an await of the caller gets LoopStateError, not a hang', async () => {
    await Promise.resolve()
    const error = thrownBy(() =>
      runSync(function* () {
        return yield* wrapFuture(Promise.resolve(1))
      }, options),
    )
    expect(error).toBeInstanceOf(LoopStateError)
  })

  test('runSync refuses a promise and names the form that works', () => {
    expectThrows(() => runSync(Promise.resolve(1) as never, options), {
      class: TypeError,
      code: ARGUMENT_TYPE,
      names: ['runSync'],
    })
  })

  test('a loopFactory that makes an embedded loop is refused', () => {
    const embedded = name === 'native' ? new NativeEventLoopPolicy() : new PortableEventLoopPolicy()
    const error = thrownBy(() => runSync(() => sleep(0), { loopFactory: () => embedded.newEventLoop() })) as {
      code?: string
    }
    expect([LOOP_STATE, ARGUMENT_TYPE]).toContain(error.code)
  })
})

describe('runSync in a program', () => {
  test('an async function runs to its end from the main script of a CommonJS program on the native loop', async () => {
    const ended = await runProgram(
      `const { runSync, sleep } = require('aioloop')
       const value = runSync(async () => { await sleep(3); await Promise.resolve(); await sleep(0); return 'value' })
       console.log(value)`,
      { commonjs: true, env: { AIOLOOP_LOOP: 'native' } },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'value\n', stderr: '' })
  })

  test('an async function runs to its end from a macrotask of an ES module on the native loop', async () => {
    const ended = await runProgram(
      `import { runSync, sleep } from 'aioloop'
       setTimeout(() => { console.log(runSync(async () => { await sleep(3); return 'value' })) }, 1)`,
      { env: { AIOLOOP_LOOP: 'native' } },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'value\n', stderr: '' })
  })

  test('an async function at the top level of an ES module gets LoopStateError', async () => {
    const ended = await runProgram(
      `import { runSync, sleep, LoopStateError } from 'aioloop'
       try { runSync(async () => { await sleep(3) }) } catch (error) { console.log(error instanceof LoopStateError, error.code) }`,
      { env: { AIOLOOP_LOOP: 'native' } },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'true ERR_AIOLOOP_LOOP_STATE\n' })
  })

  test.each(['native', 'portable'])(
    'a generator coroutine runs at the top level of an ES module on the %s loop',
    async (name) => {
      const ended = await runProgram(
        `import { runSync, sleep } from 'aioloop'
       console.log(runSync(function* () { yield* sleep(3); return 'value' }))
       await null
       console.log(runSync(function* () { yield* sleep(3); return 'again' }))`,
        { env: { AIOLOOP_LOOP: name } },
      )
      expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'value\nagain\n', stderr: '' })
    },
  )

  test.each(['native', 'portable'])(
    'a blocking run inside an http handler answers the request on the %s loop',
    async (name) => {
      const ended = await runProgram(
        `import { runSync, sleep } from 'aioloop'
       import { createServer, get } from 'node:http'
       const server = createServer((q, r) => { r.end(runSync(function* () { yield* sleep(2); return 'served' })); server.close() })
       server.listen(0, '127.0.0.1', () => get({ port: server.address().port, host: '127.0.0.1', agent: false }, (r) => r.on('data', (d) => console.log(String(d)))))`,
        { env: { AIOLOOP_LOOP: name } },
      )
      expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'served\n', stderr: '' })
    },
  )
})
