/**
 * Child processes where loops meet and end: standalone loops beside Node's own children, Workers, loops that close, and
 * programs that end while a child runs.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Coroutine, EventLoop } from 'aioloop'
import {
  createSubprocessExec,
  createSubprocessShell,
  gather,
  getRunningLoop,
  NativeEventLoopPolicy,
  PIPE,
  PortableEventLoopPolicy,
  run,
  runSync,
  STDOUT,
  SubprocessProtocol,
} from 'aioloop'
import { beforeAll, describe, expect, test } from 'vitest'
import { childrenOf, openDescriptors } from '../contract/children.ts'
import { ensureBuilt, runProgram } from './program.ts'

const native = new NativeEventLoopPolicy()
const standalone = { loopFactory: () => native.newEventLoop({ standalone: true }) }

function* exitCode(command: string): Coroutine<number> {
  const child = yield* createSubprocessShell(command, { stdout: PIPE, stderr: STDOUT })
  return yield* child.wait()
}

/** Node's loop takes a while to find that somebody ended. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 2))
  expect(done()).toBe(true)
}

describe('a standalone loop', () => {
  test('has children whose streams, ends and refusals are as on any other', () => {
    const [descriptors, children] = [openDescriptors(), childrenOf(process.pid)]
    runSync(function* () {
      const child = yield* createSubprocessExec('sh', '-c', 'cat; echo error >&2; exit 7', {
        stdin: PIPE,
        stdout: PIPE,
        stderr: STDOUT,
      })
      const { stdout } = yield* child.communicate(Buffer.from('input '))
      expect([stdout.toString(), child.returncode]).toEqual(['input error\n', 7])
      const sleeper = yield* createSubprocessExec('sleep', '60')
      expect(yield* sleeper.close()).toBe(-9)
      let refused: unknown
      try {
        yield* createSubprocessExec('/no/such/program')
      } catch (error) {
        refused = error
      }
      expect(refused).toMatchObject({ code: 'ENOENT', syscall: 'spawn' })
      const codes = Array.from({ length: 60 }, (_, i) => i)
      const results = yield* gather(
        codes.map((code) => () => exitCode(`exit ${code}`)),
        { limit: 10 },
      )
      expect(results).toEqual(codes)
    }, standalone)
    expect(childrenOf(process.pid)).toEqual(children)
    expect(openDescriptors()).toBeLessThanOrEqual(descriptors)
  })

  test('and Node have children at the same time, and each is told of its own', async () => {
    const nodes = Array.from({ length: 5 }, (_, i) => spawn('sh', ['-c', `exit ${20 + i}`], { stdio: 'ignore' }))
    const ends = nodes.map((child) => once(child, 'exit'))
    const beside = await run(
      async () => {
        const embedded = await createSubprocessExec('sh', '-c', 'exit 40')
        const blocking = runSync(function* () {
          const results: number[] = []
          for (const code of [30, 31, 32]) results.push(yield* exitCode(`exit ${code}`))
          return results
        }, standalone)
        return [...blocking, await embedded.wait()]
      },
      { loopFactory: () => native.newEventLoop() },
    )
    expect(beside).toEqual([30, 31, 32, 40])
    expect((await Promise.all(ends)).map(([code]) => code as number)).toEqual([20, 21, 22, 23, 24])
  })

  test('leaves a detached child running, which is reaped when the thread next starts one', async () => {
    const pid = runSync(function* () {
      const child = yield* createSubprocessExec('sleep', '60', { detached: true })
      return child.pid
    }, standalone)
    expect(childrenOf(process.pid)).toContain(pid)
    process.kill(pid, 'SIGKILL')
    await until(() => {
      runSync(() => exitCode('exit 0'), standalone)
      return !childrenOf(process.pid).includes(pid)
    })
  })
})

describe.each<[string, () => EventLoop]>([
  ['native', () => native.newEventLoop()],
  ['portable', () => new PortableEventLoopPolicy().newEventLoop()],
])('a %s loop that closes', (_name, loopFactory) => {
  test('kills whom nobody waited for, says so, and leaves no zombie', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const pid = await run(async () => (await createSubprocessExec('sleep', '60', { stdout: PIPE })).pid, {
      loopFactory,
    })
    await until(() => !childrenOf(process.pid).includes(pid) && warnings.length > 0)
    process.removeListener('warning', onWarning)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ code: 'AIOLOOP_UNCLOSED_PROCESS', message: expect.stringContaining(`${pid}`) })
  })

  test('lets a detached child go on, which Node reaps', async () => {
    const pid = await run(async () => (await createSubprocessExec('sleep', '60', { detached: true })).pid, {
      loopFactory,
    })
    expect(childrenOf(process.pid)).toContain(pid)
    process.kill(pid, 'SIGKILL')
    await until(() => !childrenOf(process.pid).includes(pid))
  })

  test('calls no protocol any more', async () => {
    const calls: string[] = []
    class Told extends SubprocessProtocol {
      override processExited(): void {
        calls.push('exited')
      }
      override connectionLost(): void {
        calls.push('lost')
      }
    }
    const pid = await run(
      async () => {
        const [transport] = await getRunningLoop().subprocessExec(() => new Told(), 'sleep', '60', { detached: true })
        return transport.getPid()
      },
      { loopFactory },
    )
    process.kill(pid, 'SIGKILL')
    await until(() => !childrenOf(process.pid).includes(pid))
    expect(calls).toEqual([])
  })
})

describe('in programs of their own', () => {
  beforeAll(ensureBuilt, 600_000)

  test.each(['native', 'portable'])('a %s loop waits for its child, and the program ends then', async (loop) => {
    const source = `
      import { createSubprocessExec, run } from 'aioloop'
      await run(async () => console.log(await (await createSubprocessExec('sh', '-c', 'sleep 0.1; exit 3')).wait()))
    `
    expect(await runProgram(source, { env: { AIOLOOP_LOOP: loop } })).toMatchObject({
      code: 0,
      stdout: '3\n',
      stderr: '',
    })
  })

  test.each(['native', 'portable'])('Workers on %s loops have children at the same time', async (loop) => {
    const worker = `
      import { createSubprocessExec, gather, run, PIPE } from 'aioloop'
      import { parentPort, workerData } from 'node:worker_threads'
      const one = async (code) => (await createSubprocessExec('sh', '-c', 'exit ' + code, { stdout: PIPE })).wait()
      run(() => gather([1, 2, 3, 4, 5].map((i) => () => one(workerData + i)))).then((codes) => parentPort.postMessage(codes))
    `
    const source = `
      import { Worker } from 'node:worker_threads'
      const codes = await Promise.all([10, 20, 30].map((workerData) => new Promise((resolve, reject) => {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true, workerData })
        worker.on('message', resolve)
        worker.on('error', reject)
      })))
      console.log(codes.flat().join())
    `
    expect(await runProgram(source, { env: { AIOLOOP_LOOP: loop } })).toMatchObject({
      code: 0,
      stdout: '11,12,13,14,15,21,22,23,24,25,31,32,33,34,35\n',
      stderr: '',
    })
  })

  test.each([
    ['native', 'run'],
    ['native', 'runSync'],
    ['portable', 'run'],
  ])('a Worker with a %s loop is terminated in %s while its children run', async (loop, call) => {
    const worker = `
      import * as aioloop from 'aioloop'
      import { parentPort } from 'node:worker_threads'
      aioloop.${call}(function* () {
        const child = yield* aioloop.createSubprocessExec('sleep', '60', { stdout: aioloop.PIPE })
        parentPort.postMessage(child.pid)
        yield* child.wait()
      })
    `
    const source = `
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      for (let i = 0; i < 5; i++) {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
        const [pid] = await once(worker, 'message')
        await worker.terminate()
        process.kill(pid, 'SIGKILL')
      }
      console.log('done')
    `
    expect(await runProgram(source, { env: { AIOLOOP_LOOP: loop } })).toMatchObject({ code: 0, stdout: 'done\n' })
  })
})
