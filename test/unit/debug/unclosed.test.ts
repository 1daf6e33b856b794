/** At the end of a process in debug mode, loops and Runners that nobody closed are told of. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runProgram } from '../../lifecycle/program.ts'

beforeAll(ensureBuilt, 600_000)

const IMPORT = "import { newEventLoop, run, Runner, sleep } from 'aioloop'\n"

async function stderrOf(source: string, debug = true): Promise<string> {
  const { code, stderr } = await runProgram(IMPORT + source, debug ? { env: { AIOLOOP_DEBUG: '1' } } : {})
  expect(code).toBe(0)
  return stderr
}

describe('at process exit in debug mode', () => {
  test('a loop that was never closed is told of, with its code', async () => {
    const stderr = await stderrOf('const loop = newEventLoop(); await loop.runUntilComplete(() => sleep(1))')
    expect(stderr).toMatch(
      /\[AIOLOOP_UNCLOSED_LOOP\] AioloopWarning: an event loop was never closed: <EventLoop .* idle/,
    )
    expect(stderr).toContain('call loop.close()')
  })

  test('a Runner that was never closed is told of, and not its loop', async () => {
    const stderr = await stderrOf('const runner = new Runner(); await runner.run(() => sleep(1))')
    expect(stderr).toMatch(/\[AIOLOOP_UNCLOSED_RUNNER\] AioloopWarning: a Runner was never closed: <Runner initialized/)
    expect(stderr).not.toContain('AIOLOOP_UNCLOSED_LOOP')
  })

  test('a Runner with the debug option is told of without the environment', async () => {
    const stderr = await stderrOf('const r = new Runner({ debug: true }); await r.run(() => sleep(1))', false)
    expect(stderr).toContain('AIOLOOP_UNCLOSED_RUNNER')
  })

  test('what was closed is not', async () => {
    expect(
      await stderrOf(`
        newEventLoop().close()
        await run(() => sleep(1))
        const runner = new Runner()
        await runner.run(() => sleep(1))
        await runner.close()
      `),
    ).toBe('')
  })

  test('a run that process.exit cut short is not', async () => {
    expect(await stderrOf('await run(async () => { await sleep(1); process.exit(0) })')).toBe('')
  })

  test('nothing without debug mode', async () => {
    expect(await stderrOf('await newEventLoop().runUntilComplete(() => sleep(1))', false)).toBe('')
  })
})
