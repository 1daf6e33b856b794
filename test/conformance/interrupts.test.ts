/** asyncio's test_runners: ^C, as real signals in processes of their own, and the debug mode of the environment. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runProgram } from '../lifecycle/program.ts'

beforeAll(ensureBuilt, 600_000)

describe.each(['native', 'portable'])('run on the %s loop', (name) => {
  const go = (source: string, env: Record<string, string> = {}) =>
    runProgram(
      `import { createTask, currentTask, CancelledError, getRunningLoop, InterruptedError, isCancelled, run, Runner, sleep } from 'aioloop'
       const alive = setInterval(() => {}, 1000)
       const interrupt = () => process.kill(process.pid, 'SIGINT')
       ${source}
       clearInterval(alive)`,
      { env: { AIOLOOP_LOOP: name, ...env } },
    )

  test.each([
    ['generator', 'function* () { for (;;) yield* sleep(0) }'],
    ['async function', 'async () => { for (;;) await sleep(0) }'],
  ])('^C reaches a %s that never waits for anything but its turn', async (_kind, spinning) => {
    const ended = await go(`
      const runner = new Runner()
      setTimeout(interrupt, 20)
      const error = await runner.run(${spinning}).catch((e) => e)
      console.log(error instanceof InterruptedError)
      await runner.close()`)
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'true\n', stderr: '' })
  })

  test('^C cancels the future that main waits for', async () => {
    const ended = await go(`
      const runner = new Runner()
      const future = runner.getLoop().createFuture()
      setTimeout(interrupt, 20)
      const error = await runner.run(async () => {
        const error = await future.catch((e) => e)
        console.log(isCancelled(error))
        throw new CancelledError()
      }).catch((e) => e)
      console.log(error instanceof InterruptedError, future.cancelled())
      await runner.close()`)
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'true\ntrue true\n', stderr: '' })
  })

  test('^C beside a cancel of main is no interrupt', async () => {
    const ended = await go(`
      const runner = new Runner()
      const error = await runner.run(async () => {
        const main = currentTask()
        createTask(async () => { await sleep(0); main.cancel(); interrupt() })
        try { await sleep(60000) } finally { await sleep(50) }
      }).catch((e) => e)
      console.log(error instanceof InterruptedError, isCancelled(error))
      await runner.close()`)
    expect(ended).toMatchObject({ hung: false, code: 0, stdout: 'false true\n', stderr: '' })
  })

  test('AIOLOOP_DEBUG sets the debug mode where run is not told', async () => {
    const source = `
      const debug = async () => getRunningLoop().getDebug()
      console.log(await run(debug), await run(debug, { debug: false }), await run(debug, { debug: true }))`
    expect((await go(source, { AIOLOOP_DEBUG: '1' })).stdout).toBe('true false true\n')
    expect((await go(source)).stdout).toBe('false false true\n')
  })
})
