/**
 * Pending work keeps the process alive wherever it was submitted from; an idle loop lets it exit; and a process that runs
 * out of work with a run unfinished says so. Each program prints `done` when its work was done.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runProgram } from './program.ts'

beforeAll(ensureBuilt, 600_000)

/** `submit()` schedules 20 ms of work on a loop that runs forever in an unawaited promise, and prints when it is done. */
const PRELUDE = `
  import { getRunningLoop, newEventLoop, run, sleep, createTask, wrapFuture } from 'aioloop'
  import { createServer, get } from 'node:http'
  import { readFile } from 'node:fs'
  const loop = newEventLoop()
  void loop.runForever()
  const submit = () => loop.callLater(20, () => console.log('done'))
`

const SITUATIONS: Record<string, string> = {
  'the main script': 'submit()',
  'a promise job': 'Promise.resolve().then(submit)',
  'a promise job of a promise job': 'Promise.resolve().then(() => {}).then(submit)',
  'process.nextTick': 'process.nextTick(submit)',
  queueMicrotask: 'queueMicrotask(submit)',
  setImmediate: 'setImmediate(submit)',
  'a Node timer': 'setTimeout(submit, 5)',
  'an fs callback': 'readFile(process.execPath.length ? "package.json" : "", submit)',
  beforeExit: 'process.once("beforeExit", submit)',
  'a callback of the loop': 'loop.callSoon(submit)',
  'a timer of the loop': 'loop.callLater(5, submit)',
  'a task': 'loop.createTask(async () => { await sleep(5); submit() })',
  'a generator task': 'loop.createTask(function* () { yield* sleep(5); submit() })',
  'a done callback': 'const f = loop.createFuture(); f.addDoneCallback(submit); f.setResult(1)',
  'an http handler': `
    const server = createServer((q, r) => { r.end('x'); server.close(); submit() })
    server.listen(0, '127.0.0.1', () => get({ port: server.address().port, host: '127.0.0.1', agent: false }, (r) => r.resume()))`,
  'a FinalizationRegistry callback': `
    const registry = new FinalizationRegistry(() => { clearInterval(again); submit() })
    ;(function () { registry.register({}, 0) })()
    const again = setInterval(() => { globalThis.gc(); }, 2)`,
  'a top-level await that ended': 'await new Promise((r) => setImmediate(r)); submit()',
  'the message of a Worker': `
    const { Worker } = await import('node:worker_threads')
    const worker = new Worker(new URL('data:text/javascript,import("node:worker_threads").then((w) => w.parentPort.postMessage(1))'))
    worker.once('message', submit)`,
}

describe.each(['native', 'portable'])('on the %s loop', (name) => {
  const env = { AIOLOOP_LOOP: name }

  test.each(Object.entries(SITUATIONS))(
    'a timer submitted from %s keeps the process alive until it fired',
    async (_name, source) => {
      const ended = await runProgram(PRELUDE + source, { env, nodeArgs: ['--expose-gc'] })
      expect(ended).toMatchObject({ hung: false, code: 0 })
      expect(ended.stdout).toBe('done\n')
    },
  )

  test('a callback submitted from beforeExit runs', async () => {
    const ended = await runProgram(
      `${PRELUDE} process.once('beforeExit', () => loop.callSoon(() => console.log('done')))`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n' })
  })

  test('a loop with nothing pending lets the process exit', async () => {
    const ended = await runProgram(`${PRELUDE} loop.callLater(60000, () => {}).cancel()`, { env })
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: '' })
  })

  test('pending work of a loop that does not run keeps nothing alive', async () => {
    const ended = await runProgram(
      `import { newEventLoop } from 'aioloop'
       const loop = newEventLoop()
       loop.callSoon(() => console.log('never'))
       loop.callLater(60000, () => console.log('never'))`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: '' })
  })

  test('a handler for a signal keeps the process alive while its loop runs, and until it is removed', async () => {
    const ended = await runProgram(
      `import { Event, newEventLoop } from 'aioloop'
       const loop = newEventLoop()
       const asked = new Event()
       void loop.runForever()
       loop.addSignalHandler('SIGTERM', () => asked.set())
       loop.createTask(async () => {
         console.log('waiting')
         await asked.wait()
         console.log('done')
         loop.removeSignalHandler('SIGTERM')
       })`,
      { env, onOutput: (text, child) => void (text === 'waiting\n' && child.kill('SIGTERM')) },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'waiting\ndone\n' })
  })

  test('a handler for a signal of a loop that does not run keeps nothing alive', async () => {
    const ended = await runProgram(
      `import { newEventLoop } from 'aioloop'
       newEventLoop().addSignalHandler('SIGTERM', () => {})
       const loop = newEventLoop()
       loop.addSignalHandler('SIGTERM', () => {})
       await loop.runUntilComplete(async () => {})
       console.log('done')`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n' })
  })

  test('an open socket keeps the process alive while its loop runs, and until it is closed', async () => {
    const ended = await runProgram(
      `import { DatagramProtocol, newEventLoop } from 'aioloop'
       const loop = newEventLoop()
       void loop.runForever()
       const localAddr = { address: '127.0.0.1', port: 0 }
       const [to] = await loop.createDatagramEndpoint(() => new DatagramProtocol(), { localAddr })
       setTimeout(() => { console.log('done'); to.close() }, 50).unref()`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n' })
  })

  test('open sockets and watches of a loop that does not run keep nothing alive', async () => {
    const ended = await runProgram(
      `import { openSync } from 'node:fs'
       import { DatagramProtocol, newEventLoop } from 'aioloop'
       const loop = newEventLoop()
       const localAddr = { address: '127.0.0.1', port: 0 }
       const opening = loop.createDatagramEndpoint(() => new DatagramProtocol(), { localAddr })
       const [to] = await loop.runUntilComplete(opening)
       to.sendto(Buffer.from('to itself'), to.getExtraInfo('sockname'))
       if (loop.capabilities.fdWatch) loop.addWriter(openSync('/dev/ptmx', 'r+'), () => {})
       await loop.runUntilComplete(loop.getaddrinfo('localhost', 1))
       console.log('done')`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n' })
  })

  test('connections with TLS of a loop that does not run keep nothing alive', async () => {
    const ended = await runProgram(
      `import { readFileSync } from 'node:fs'
       import { newEventLoop, Protocol, sleep } from 'aioloop'
       const pem = (name) => readFileSync('test/contract/tls/' + name + '.pem')
       const key = readFileSync('test/contract/tls/server.key')
       const loop = newEventLoop()
       let made = 0
       class Counted extends Protocol { connectionMade() { made++ } }
       await loop.runUntilComplete(async () => {
         const server = await loop.createServer(() => new Counted(), '127.0.0.1', 0, { ssl: { key, cert: pem('server') } })
         await loop.createConnection(() => new Counted(), '127.0.0.1', server.port, { ssl: { ca: pem('ca') } })
         while (made < 2) await sleep(1)
         server.close()
       })
       console.log('done')`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n' })
  })

  test('a chain of timers each started by the one before does not let the process exit early', async () => {
    const ended = await runProgram(
      `${PRELUDE}
       let left = 200
       const next = () => (--left === 0 ? console.log('done') : loop.callLater(left % 3 === 0 ? 1 : 0.2, next))
       next()`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n' })
  })

  test('run ends the process with code 0 and nothing left when its main returns', async () => {
    const ended = await runProgram(
      `import { run, sleep, createTask } from 'aioloop'
       await run(async () => { createTask(() => sleep(60000)); await sleep(5); console.log('done') })`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n', stderr: '' })
  })

  test('a process that runs out of work with a run unfinished names the tasks and what they wait on, and exits with 13', async () => {
    const ended = await runProgram(
      `import { run, getRunningLoop, createTask } from 'aioloop'
       void run(async () => {
         const stuck = async () => { await getRunningLoop().createFuture() }
         createTask(stuck, { name: 'the stuck one' })
         await getRunningLoop().createFuture()
       })`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 13 })
    expect(ended.stderr).toContain('the stuck one')
    expect(ended.stderr).toContain('stuck')
    expect(ended.stderr).toMatch(/waiting on|waits on/)
    expect(ended.stderr).toMatch(/Future/)
  })

  test('an exit code set before stays when a run is unfinished', async () => {
    const ended = await runProgram(
      `import { run, getRunningLoop } from 'aioloop'
       process.exitCode = 7
       void run(() => getRunningLoop().createFuture())`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 7 })
  })

  test('an error never retrieved is printed when the run ends', async () => {
    const ended = await runProgram(
      `import { run, createTask, sleep } from 'aioloop'
       await run(async () => { createTask(async () => { throw new Error('forgotten error') }); await sleep(5) })`,
      { env },
    )
    expect(ended.code).toBe(0)
    expect(ended.stderr).toContain('never retrieved')
    expect(ended.stderr).toContain('forgotten error')
  })

  test('an uncaught error of main ends the process with code 1 and its stack', async () => {
    const ended = await runProgram(
      `import { run, sleep } from 'aioloop'
       await run(async () => { await sleep(1); throw new Error('main failed') })`,
      { env },
    )
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('main failed')
  })
})
