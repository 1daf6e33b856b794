/** Several loops in one thread, loops in several Workers, the addon loaded twice, two copies of the package. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runProgram } from './program.ts'

beforeAll(ensureBuilt, 600_000)

describe.each(['native', 'portable'])('on the %s loop', (name) => {
  const env = { AIOLOOP_LOOP: name }

  test('twenty loops run side by side in one thread and end one after the other', async () => {
    const ended = await runProgram(
      `import { newEventLoop, sleep } from 'aioloop'
       const loops = Array.from({ length: 20 }, () => newEventLoop())
       const order = []
       await Promise.all(loops.map((loop, i) => loop.runUntilComplete(async () => {
         for (let n = 0; n < 5; n++) await sleep(1)
         order.push(i)
       })))
       for (const loop of loops) loop.close()
       console.log(order.length)`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: '20\n', stderr: '' })
  })

  test('a thousand loops are opened, run and closed in one thread', async () => {
    const ended = await runProgram(
      `import { newEventLoop, sleep } from 'aioloop'
       for (let i = 0; i < 1000; i++) {
         const loop = newEventLoop()
         await loop.runUntilComplete(() => sleep(0))
         loop.close()
       }
       console.log('done')`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'done\n', stderr: '' })
  })

  test('each of several Workers runs its own loops beside those of the main thread', async () => {
    const ended = await runProgram(
      `import { Worker, isMainThread, parentPort } from 'node:worker_threads'
       import { run, sleep, loopInfo } from 'aioloop'
       const source = "import { parentPort } from 'node:worker_threads'; import { run, runSync, sleep, loopInfo } from " + JSON.stringify(import.meta.resolve('aioloop')) + ";" +
         "const a = await run(() => sleep(3, 'async')); const b = runSync(function* () { return yield* sleep(3, 'sync') }); parentPort.postMessage([a, b, loopInfo().loop])"
       const workers = Array.from({ length: 4 }, () => new Worker(new URL('data:text/javascript,' + encodeURIComponent(source))))
       const answers = workers.map((worker) => new Promise((resolve) => { worker.once('exit', (code) => resolve('exit ' + code)); worker.once('message', resolve) }))
       await run(() => sleep(5))
       console.log(JSON.stringify(await Promise.all(answers)))`,
      { env },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toEqual(new Array(4).fill(['async', 'sync', name]))
  })
})

test('two copies of the package in one process share the running loop, the policy and the errors', async () => {
  const ended = await runProgram(
    `import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
     import { join } from 'node:path'
     import { pathToFileURL } from 'node:url'
     const copyRoot = mkdtempSync(join(process.cwd(), '.cache', 'copy-'))
     try {
       cpSync('dist', join(copyRoot, 'dist'), { recursive: true })
       cpSync('package.json', join(copyRoot, 'package.json'))
       const a = await import('aioloop')
       const b = await import(pathToFileURL(join(copyRoot, 'dist', 'index.js')))
       const answers = [a.run !== b.run, typeof globalThis[Symbol.for('aioloop.v1')]]
       await a.run(async () => {
         answers.push(a.getRunningLoop() === b.getRunningLoop())
         answers.push(b.currentTask() === a.currentTask())
         const future = a.getRunningLoop().createFuture()
         answers.push(b.isFuture(future), future instanceof b.Future)
         const task = a.createTask(async () => { await b.sleep(1000) })
         await b.sleep(0)
         await a.sleep(0)
         task.cancel()
         const error = await task.catch((e) => e)
         answers.push(b.isCancelled(error), error instanceof b.CancelledError, error instanceof a.CancelledError)
       })
       const policy = new a.PortableEventLoopPolicy()
       a.setEventLoopPolicy(policy)
       answers.push(b.getEventLoopPolicy() === policy)
       console.log(JSON.stringify(answers))
     } finally { rmSync(copyRoot, { recursive: true }) }`,
  )
  expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toEqual([true, 'object', true, true, true, true, true, true, true, true])
})

test('the addon loads twice in one environment, and loops of both run side by side', async () => {
  const ended = await runProgram(
    `import { cpSync, mkdtempSync, rmSync } from 'node:fs'
     import { join } from 'node:path'
     import { pathToFileURL } from 'node:url'
     const a = await import('aioloop')
     const copyRoot = mkdtempSync(join(process.cwd(), '.cache', 'copy-'))
     try {
       cpSync('dist', join(copyRoot, 'dist'), { recursive: true })
       cpSync('package.json', join(copyRoot, 'package.json'))
       const binary = join(copyRoot, 'other.node')
       cpSync(a.loopInfo().binary, binary)
       process.env.AIOLOOP_BINDING = binary
       const b = await import(pathToFileURL(join(copyRoot, 'dist', 'index.js')))
       const loops = [new a.NativeEventLoopPolicy().newEventLoop(), new b.NativeEventLoopPolicy().newEventLoop()]
       const values = await Promise.all(loops.map((loop, i) => loop.runUntilComplete(() => (i === 0 ? a : b).sleep(5, i))))
       for (const loop of loops) loop.close()
       console.log(JSON.stringify([...values, a.loopInfo().binary !== b.loopInfo().binary]))
     } finally { rmSync(copyRoot, { recursive: true }) }`,
  )
  expect(ended).toMatchObject({ hung: false, code: 0, stderr: '', stdout: '[0,1,true]\n' })
})
