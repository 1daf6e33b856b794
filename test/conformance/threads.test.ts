/** uvloop's test_base: calls from another thread, while timers come and go. The programs run on the built package. */
import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt, runProgram } from '../lifecycle/program.ts'

beforeAll(ensureBuilt, 600_000)

test('thousands of calls from another thread all arrive, while their callbacks start and cancel timers', async () => {
  const ended = await runProgram(
    `import { getRunningLoop, run } from 'aioloop'
     import { Worker } from 'node:worker_threads'
     const CALLS = 4096
     const source = "import { workerData } from 'node:worker_threads'; import { connectLoop } from " + JSON.stringify(import.meta.resolve('aioloop')) + ";"
       + "const remote = connectLoop(workerData.token);"
       + "for (let i = 0; i < workerData.calls; i++) { remote.callSoonThreadsafe('count', i); if (i % 64 === 0) await new Promise((go) => setTimeout(go, 1)) }"
       + "remote.callSoonThreadsafe('over')"
     let counted = 0
     let inOrder = true
     let fired = 0
     await run(async () => {
       const loop = getRunningLoop()
       const over = loop.createFuture()
       loop.expose('count', (i) => {
         if (i !== counted++) inOrder = false
         if (counted < CALLS - 512) {
           const timer = loop.callLater(60000, () => fired++)
           loop.callLater(0.5 + (counted % 5) / 10, () => timer.cancel())
         }
       })
       loop.expose('over', () => over.setResult())
       new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)), { workerData: { token: loop.share(), calls: CALLS } })
       await over
     })
     console.log(counted, inOrder, fired)`,
    { env: { AIOLOOP_LOOP: 'native' } },
  )
  expect(ended).toMatchObject({ hung: false, code: 0, stdout: '4096 true 0\n', stderr: '' })
})
