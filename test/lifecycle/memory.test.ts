/** What must not be retained and what must not grow. Sizes are those of the issue divided by nothing: they run in seconds. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runProgram } from './program.ts'

beforeAll(ensureBuilt, 600_000)

const nodeArgs = ['--expose-gc']
/** Garbage collection and a moment for finalizers, several times: what is collectable then is collected. */
const COLLECT = `
  const collect = async () => { for (let i = 0; i < 6; i++) { globalThis.gc(); await new Promise((r) => setTimeout(r, 5)) } }
`

describe.each(['native', 'portable'])('on the %s loop', (name) => {
  const env = { AIOLOOP_LOOP: name }

  test('ten thousand timers opened by finished tasks retain none of those tasks', async () => {
    const ended = await runProgram(
      `import { run, createTask, getRunningLoop, sleep, gather } from 'aioloop'
       ${COLLECT}
       let alive = 0
       const gone = new FinalizationRegistry(() => alive--)
       await run(async () => {
         const loop = getRunningLoop()
         const timers = []
         const callback = () => {}
         async function open() {
           const task = { big: new Array(100).fill(0) }
           alive++
           gone.register(task, 0)
           globalThis.keep = task
           await sleep(0)
           timers.push(loop.callLater(600000, callback), setTimeout(callback, 600000))
           globalThis.keep = undefined
         }
         for (let i = 0; i < 100; i++) {
           const tasks = Array.from({ length: 100 }, () => createTask(open))
           for (const task of tasks) { alive++; gone.register(task, 0) }
           await gather(tasks)
         }
         await sleep(1)
         await collect()
         console.log(timers.length, alive)
         process.exit(0)
       })`,
      { env, nodeArgs },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    const [timers, alive] = ended.stdout.trim().split(' ').map(Number)
    expect(timers).toBe(20_000)
    // The last round of tasks may still be in registers or in a promise of the frame that awaited them.
    expect(alive).toBeLessThanOrEqual(250)
  })

  test('ten thousand sockets opened by finished tasks retain none of those tasks', async () => {
    const ended = await runProgram(
      `import { run, createTask, sleep, gather } from 'aioloop'
       import { createSocket } from 'node:dgram'
       ${COLLECT}
       let alive = 0
       const gone = new FinalizationRegistry(() => alive--)
       const sockets = []
       await run(async () => {
         async function open() {
           await sleep(0)
           const socket = createSocket('udp4')
           await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve))
           sockets.push(socket)
         }
         for (let i = 0; i < 100; i++) {
           const tasks = Array.from({ length: 100 }, () => createTask(open))
           for (const task of tasks) { alive++; gone.register(task, 0) }
           await gather(tasks)
         }
         await sleep(1)
         await collect()
         console.log(sockets.length, alive)
         process.exit(0)
       })`,
      { env, nodeArgs },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    const [sockets, alive] = ended.stdout.trim().split(' ').map(Number)
    expect(sockets).toBe(10_000)
    expect(alive).toBeLessThanOrEqual(250)
  })

  test('a hundred thousand timers started and cancelled in a loop do not grow memory', async () => {
    const ended = await runProgram(
      `import { run, getRunningLoop, sleep } from 'aioloop'
       ${COLLECT}
       await run(async () => {
         const loop = getRunningLoop()
         const callback = () => {}
         const round = async () => {
           for (let i = 0; i < 100; i++) {
             const timers = []
             for (let n = 0; n < 500; n++) timers.push(loop.callLater(60000 + n, callback))
             for (let n = 0; n < 500; n++) loop.callLater(60000, callback).cancel()
             await sleep(0)
             for (const timer of timers) timer.cancel()
           }
           await sleep(0)
           await collect()
           const { heapUsed, external, arrayBuffers } = process.memoryUsage()
           return heapUsed + external + arrayBuffers
         }
         await round()
         const before = await round()
         const after = await round()
         console.log(after - before, loop.metrics().timers)
       })`,
      { env, nodeArgs },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    const [growth, timers] = ended.stdout.trim().split(' ').map(Number)
    expect(timers).toBe(0)
    expect(growth).toBeLessThan(1_000_000)
  })

  test('a million sleep(0) and a hundred thousand finished tasks leave the heap as it was', async () => {
    const ended = await runProgram(
      `import { run, createTask, sleep } from 'aioloop'
       ${COLLECT}
       async function child() { await sleep(0) }
       await run(async () => {
         const round = async () => {
           for (let i = 0; i < 25000; i++) await createTask(child)
           for (let i = 0; i < 200000; i++) await sleep(0)
           await collect()
           return process.memoryUsage().heapUsed
         }
         await round()
         const before = await round()
         const after = await round()
         console.log(after - before)
       })`,
      { env, nodeArgs },
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(Number(ended.stdout)).toBeLessThan(1_000_000)
  })
})
