/** ^C: real signals, in processes of their own. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, type ProgramOptions, runProgram } from '../../lifecycle/program.ts'

beforeAll(ensureBuilt, 600_000)

/** Send SIGINT each time the program prints one more `ready`. */
function onReady(): ProgramOptions {
  let sent = 0
  return {
    onOutput(text, child) {
      const asked = text.split('ready').length - 1
      while (sent < asked) {
        sent++
        child.kill('SIGINT')
      }
    },
  }
}

describe.each(['native', 'portable'])('run on the %s loop', (name) => {
  const go = (source: string) =>
    runProgram(
      `import { run, sleep, isCancelled, InterruptedError, createTask, currentTask } from 'aioloop'\n${source}`,
      {
        ...onReady(),
        env: { AIOLOOP_LOOP: name },
      },
    )

  test('the first ^C cancels main, which cleans up, and an uncaught InterruptedError ends the process with 130', async () => {
    const ended = await go(`await run(async () => {
      console.log('ready')
      try { await sleep(60000) } finally { await sleep(5); console.log('cleaned up') }
    })`)
    expect(ended).toMatchObject({ hung: false, code: 130 })
    expect(ended.stdout).toContain('cleaned up')
    expect(ended.stderr).toContain('InterruptedError')
  })

  test('an InterruptedError that is caught leaves the exit code alone, and no listener is left', async () => {
    const ended = await go(`
      const error = await run(async () => { console.log('ready'); await sleep(60000) }).catch((e) => e)
      console.log(error instanceof InterruptedError, error.code, process.listenerCount('SIGINT'))`)
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(ended.stdout).toContain('true ERR_AIOLOOP_INTERRUPTED 0')
  })

  test('an error after a caught InterruptedError is reported with its own exit code', async () => {
    const ended = await go(`
      await run(async () => { console.log('ready'); await sleep(60000) }).catch(() => {})
      throw new Error('something else')`)
    expect(ended).toMatchObject({ hung: false, code: 1 })
  })

  test('the second ^C ends the process at once', async () => {
    const ended = await go(`await run(async () => {
      console.log('ready')
      try { await sleep(60000) } catch { console.log('ready'); await sleep(60000) }
    })`)
    expect(ended.hung).toBe(false)
    expect(ended.code === 130 || ended.signal === 'SIGINT').toBe(true)
  })

  test('main that swallows the first ^C gives its value', async () => {
    const ended = await go(`console.log(await run(async () => {
      console.log('ready')
      await sleep(60000).then(undefined, () => {})
      await sleep(1)
      return 'what it has'
    }))`)
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(ended.stdout).toContain('what it has')
  })

  test('a cancel by somebody else beside the ^C leaves the CancelledError', async () => {
    const ended = await go(`
      const error = await run(async () => {
        const main = currentTask()
        try { console.log('ready'); await sleep(60000) } catch (e) { main.cancel(); throw e }
      }).catch((e) => e)
      console.log(error.name)`)
    expect(ended.stdout).toContain('CancelledError')
    expect(ended.hung).toBe(false)
  })

  test('run leaves ^C to a listener that was there before', async () => {
    const ended = await go(`
      process.on('SIGINT', () => { console.log('mine'); process.exit(3) })
      await run(async () => { console.log('ready'); await sleep(60000) })`)
    expect(ended).toMatchObject({ hung: false, code: 3 })
    expect(ended.stdout).toContain('mine')
  })
})

describe('runSync', () => {
  test('^C interrupts a blocking run on the native loop, and clean-up runs', async () => {
    const ended = await runProgram(
      `import { runSync, sleep } from 'aioloop'
       import { writeSync } from 'node:fs'
       runSync(function* () {
         writeSync(1, 'ready\\n')
         try { yield* sleep(60000) } finally { yield* sleep(1); writeSync(1, 'cleaned up\\n') }
       })`,
      { ...onReady(), env: { AIOLOOP_LOOP: 'native' } },
    )
    expect(ended).toMatchObject({ hung: false, code: 130 })
    expect(ended.stdout).toContain('cleaned up')
    expect(ended.stderr).toContain('InterruptedError')
  })

  test('^C ends a process that blocks in a portable run', async () => {
    const ended = await runProgram(
      `import { runSync, sleep } from 'aioloop'
       import { writeSync } from 'node:fs'
       runSync(function* () { writeSync(1, 'ready\\n'); yield* sleep(60000) })`,
      { ...onReady(), env: { AIOLOOP_LOOP: 'portable' } },
    )
    expect(ended).toMatchObject({ hung: false, signal: 'SIGINT' })
  })
})

describe('^C where somebody else has a say', () => {
  const go = (source: string, name = 'native') =>
    runProgram(
      `import { run, runSync, sleep, getRunningLoop, InterruptedError, createTask } from 'aioloop'\n${source}`,
      { ...onReady(), env: { AIOLOOP_LOOP: name } },
    )

  test('a blocking run inside a run is interrupted itself, and the outer run goes on', async () => {
    const ended = await go(`await run(async () => {
      await sleep(1)
      const error = await new Promise((resolve) => setTimeout(() => {
        try { runSync(function* () { process.stdout.write('ready'); yield* sleep(60000) }) } catch (e) { resolve(e) }
      }, 1))
      await sleep(1)
      console.log(error instanceof InterruptedError)
    })`)
    expect(ended).toMatchObject({ hung: false, code: 0 })
    expect(ended.stdout).toContain('true')
  })

  test('a blocking run of the portable loop inside a run leaves ^C its default, which ends the process', async () => {
    const ended = await go(
      `await run(async () => {
        await sleep(1)
        runSync(function* () { process.stdout.write('ready'); yield* sleep(60000) })
      })`,
      'portable',
    )
    expect(ended.hung).toBe(false)
    expect(ended.stdout).toBe('ready')
  })

  test.each(['native', 'portable'])('a handler of the loop takes ^C in place of run on the %s loop', async (name) => {
    const ended = await go(
      `await run(async () => {
        const loop = getRunningLoop()
        const alive = setInterval(() => {}, 1000)
        await new Promise((resolve) => { loop.addSignalHandler('SIGINT', resolve); console.log('ready') })
        clearInterval(alive)
        await sleep(20)
        console.log('went on')
      })`,
      name,
    )
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(ended.stdout).toContain('went on')
  })

  test('a listener added inside the run takes ^C in place of run', async () => {
    const ended = await go(`await run(async () => {
      const alive = setInterval(() => {}, 1000)
      await new Promise((resolve) => { process.once('SIGINT', resolve); console.log('ready') })
      clearInterval(alive)
      await sleep(20)
      console.log('went on')
    })`)
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(ended.stdout).toContain('went on')
  })

  test('^C cancels the main tasks of all runs', async () => {
    const ended = await go(`
      const main = async () => { await sleep(60000) }
      const runs = [run(main), run(main)]
      setTimeout(() => console.log('ready'), 20)
      const outcomes = await Promise.allSettled(runs)
      console.log(outcomes.map(({ reason }) => reason instanceof InterruptedError).join())`)
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(ended.stdout).toContain('true,true')
  })

  test('a program that handles uncaught errors keeps its exit code', async () => {
    const ended = await go(`
      process.on('uncaughtException', () => process.exit(4))
      await run(async () => { console.log('ready'); await sleep(60000) })`)
    expect(ended).toMatchObject({ hung: false, code: 4 })
  })

  test('an async function that cannot go on is refused before it begins', async () => {
    const ended = await go(`
      try { runSync(async () => { console.log('began'); await null }) } catch (error) { console.log(error.code) }`)
    expect(ended).toMatchObject({ hung: false, code: 0, stderr: '' })
    expect(ended.stdout.trim()).toBe('ERR_AIOLOOP_LOOP_STATE')
  })
})
