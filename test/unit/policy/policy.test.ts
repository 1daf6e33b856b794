/** Which loop a program gets, who chose it, and how to change that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  getEventLoop,
  getEventLoopPolicy,
  install,
  LoopStateError,
  loopInfo,
  NativeEventLoopPolicy,
  NotSupportedError,
  newEventLoop,
  PortableEventLoopPolicy,
  run,
  setEventLoop,
  setEventLoopPolicy,
} from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ARGUMENT_TYPE, expectThrows, LOOP_STATE, thrownBy } from '../../contract/refusal.ts'
import { ensureBuilt, root, runProgram } from '../../lifecycle/program.ts'

beforeAll(ensureBuilt, 600_000)
afterEach(() => {
  setEventLoopPolicy(null)
  setEventLoop(null)
})

describe('policies', () => {
  test.each([
    ['native', NativeEventLoopPolicy],
    ['portable', PortableEventLoopPolicy],
  ] as const)('the %s policy makes %s loops, and run takes the loops of the policy', async (name, Policy) => {
    const policy = new Policy()
    setEventLoopPolicy(policy)
    expect(getEventLoopPolicy()).toBe(policy)
    const loop = newEventLoop()
    expect(loop.name).toBe(name)
    loop.close()
    expect(await run(async () => loopInfo().loop)).toBe(name)
    expect(loopInfo()).toMatchObject({ loop: name, chosenBy: 'policy' })
  })

  test('a policy of one’s own makes the loops', async () => {
    const policy = { name: 'mine', newEventLoop: () => new VirtualLoop() }
    setEventLoopPolicy(policy)
    expect(await run(async () => loopInfo().loop)).toBe('virtual')
  })

  test('what is no policy is refused', () => {
    for (const bad of [undefined, 5, {}, 'native']) {
      expectThrows(() => setEventLoopPolicy(bad as never), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['setEventLoopPolicy'],
      })
    }
  })

  test('there is no current loop until one is set, and the running loop goes before it', async () => {
    expectThrows(() => getEventLoop(), { class: LoopStateError, code: LOOP_STATE })
    const loop = newEventLoop()
    setEventLoop(loop)
    expect(getEventLoop() === loop).toBe(true)
    await run(async () => {
      expect(getEventLoop() === loop).toBe(false)
    })
    setEventLoop(null)
    expectThrows(() => getEventLoop(), { class: LoopStateError, code: LOOP_STATE })
    loop.close()
  })

  test('newEventLoop does not install the loop', () => {
    const loop = newEventLoop()
    expectThrows(() => getEventLoop(), { class: LoopStateError, code: LOOP_STATE })
    loop.close()
  })

  test('a standalone loop refuses what only an embedded one can do, and the other way round', async () => {
    const standalone = newEventLoop({ standalone: true })
    const embedded = newEventLoop()
    const refusals = [
      await standalone.runForever().then(
        () => undefined,
        (error: unknown) => error,
      ),
      thrownBy(() => embedded.runUntilCompleteSync(async () => 1)),
    ]
    for (const error of refusals) {
      expect(error instanceof LoopStateError || error instanceof NotSupportedError).toBe(true)
    }
    standalone.close()
    embedded.close()
  })
})

describe('install', () => {
  test('install pins the loop, says who chose it, and gives back what was before', () => {
    const before = loopInfo()
    const restore = install({ loop: 'portable' })
    expect(loopInfo()).toMatchObject({ loop: 'portable', chosenBy: 'install' })
    const restoreInner = install({ loop: 'native' })
    expect(loopInfo()).toMatchObject({ loop: 'native', chosenBy: 'install' })
    restoreInner()
    expect(loopInfo()).toMatchObject({ loop: 'portable', chosenBy: 'install' })
    restore()
    expect(loopInfo()).toEqual(before)
  })

  test('an unknown loop and an unknown option are refused', () => {
    for (const bad of [{ loop: 'quick' }, { loop: 5 }, { timers: true }, { net: true }, { other: 1 }]) {
      const error = thrownBy(() => install(bad as never)) as { code?: string }
      expect(error.code).toMatch(/^ERR_AIOLOOP_/)
    }
  })

  test('the loop that install pinned is that of Workers started afterwards', async () => {
    const ended = await runProgram(
      `import { install } from 'aioloop'
       import { Worker } from 'node:worker_threads'
       install({ loop: 'portable' })
       const source = "import { parentPort } from 'node:worker_threads'; import { loopInfo, run } from " + JSON.stringify(import.meta.resolve('aioloop')) + "; await run(async () => parentPort.postMessage([loopInfo().loop, loopInfo().chosenBy]))"
       new Worker(new URL('data:text/javascript,' + encodeURIComponent(source))).once('message', (m) => console.log(m.join()))`,
    )
    expect(ended).toMatchObject({ code: 0, stdout: 'portable,install\n', stderr: '' })
  })

  test('without a binary install warns once with a code, and with required it throws the reason', async () => {
    const ended = await runProgram(
      `import { install, loopInfo } from 'aioloop'
       process.on('warning', (w) => console.log('warning', w.code))
       install(); install()
       console.log(loopInfo().loop, loopInfo().reason.length > 0)
       try { install({ required: true }) } catch (error) { console.log(error.code, error.message.length > 20) }`,
      { env: { AIOLOOP_BINDING: `${root}/no-such-file.node` } },
    )
    expect(ended.code).toBe(0)
    expect(ended.stdout.split('\n').sort().join('\n').trim()).toBe(
      'ERR_AIOLOOP_NATIVE_UNAVAILABLE true\nportable true\nwarning AIOLOOP_PORTABLE_LOOP',
    )
  })
})

describe('a program', () => {
  const report = `
    import { loopInfo, run } from 'aioloop'
    const outside = loopInfo()
    const inside = await run(async () => loopInfo())
    console.log(JSON.stringify([outside.loop, outside.chosenBy, inside.loop, inside.chosenBy, typeof inside.binary, inside.reason.length > 3]))`
  const go = async (options: Parameters<typeof runProgram>[1]): Promise<unknown[]> => {
    const ended = await runProgram(report, options)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    return JSON.parse(ended.stdout) as unknown[]
  }

  test('takes the native loop by default', async () => {
    expect(await go({})).toEqual(['native', 'default', 'native', 'default', 'string', true])
  })

  test.each(['native', 'portable'])('takes the loop that AIOLOOP_LOOP=%s names', async (name) => {
    expect((await go({ env: { AIOLOOP_LOOP: name } })).slice(0, 4)).toEqual([name, 'env', name, 'env'])
  })

  test.each(['native', 'portable'])('run with --import aioloop/install takes the %s loop', async (name) => {
    const report = await go({ env: { AIOLOOP_LOOP: name }, nodeArgs: ['--import', 'aioloop/install'] })
    expect(report.slice(0, 4)).toEqual([name, 'install', name, 'install'])
  })

  test('that sets AIOLOOP_LOOP to a loop that does not exist is told so', async () => {
    const ended = await runProgram(`import { run } from 'aioloop'\nawait run(async () => {})`, {
      env: { AIOLOOP_LOOP: 'quick' },
    })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('AIOLOOP_LOOP')
    expect(ended.stderr).toContain('quick')
  })

  test('falls back to the portable loop where the binary cannot be had, and loopInfo says why', async () => {
    const ended = await runProgram(
      `import { loopInfo, run } from 'aioloop'\nconst info = await run(async () => loopInfo())\nconsole.log(info.loop, info.binary, info.reason)`,
      { env: { AIOLOOP_BINDING: `${root}/no-such-file.node` } },
    )
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/^portable undefined .*no-such-file\.node/)
    expect(ended.stderr).toMatch(/AIOLOOP_PORTABLE_LOOP.*no-such-file\.node/)
  })

  test('that falls back is told once, whatever it asks and however many loops it makes', async () => {
    const ended = await runProgram(
      `import { getEventLoopPolicy, install, loopInfo, newEventLoop, run } from 'aioloop'
       const codes = []
       process.on('warning', (warning) => codes.push(warning.code))
       const settle = () => new Promise((resolve) => setImmediate(resolve))
       loopInfo(); getEventLoopPolicy()
       await settle()
       codes.push('asked')
       newEventLoop().close()
       await run(async () => {})
       await run(async () => {})
       install()
       await settle()
       console.log(codes.join())`,
      { env: { AIOLOOP_BINDING: `${root}/no-such-file.node` } },
    )
    expect(ended).toMatchObject({ code: 0, stdout: 'asked,AIOLOOP_PORTABLE_LOOP\n' })
  })

  test('that asks for the portable loop is told nothing', async () => {
    const ended = await runProgram(`import { run } from 'aioloop'\nawait run(async () => {})`, {
      env: { AIOLOOP_BINDING: `${root}/no-such-file.node`, AIOLOOP_LOOP: 'portable' },
    })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
  })

  describe('that demands the native loop where it cannot be had', () => {
    // An addon of another version, as far as the import can tell.
    const folder = mkdtempSync(join(tmpdir(), 'aioloop-policy-'))
    const foreign = join(folder, 'foreign.cjs')
    writeFileSync(foreign, 'exports.layout = { abiVersion: 0 }\n')
    afterAll(() => rmSync(folder, { recursive: true }))
    const REASON = /native loop is not available.*: .*foreign\.cjs was built for another version: .* in the addon and/

    test.each([
      ['run', 'await run(async () => {})', [/AIOLOOP_LOOP=native/, REASON]],
      ['runSync', 'runSync(function* () {})', [/AIOLOOP_LOOP=native/, REASON]],
      ['newEventLoop', 'newEventLoop()', [/AIOLOOP_LOOP=native/, REASON]],
    ] as const)('gets the reason from %s', async (_call, line, said) => {
      const ended = await runProgram(
        `import { loopInfo, newEventLoop, run, runSync } from 'aioloop'
         try { ${line} } catch (error) { console.log(error.code, error.message) }
         console.log(JSON.stringify(loopInfo()))`,
        { env: { AIOLOOP_BINDING: foreign, AIOLOOP_LOOP: 'native' } },
      )
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      const [error = '', info = ''] = ended.stdout.split('\n')
      expect(error).toMatch(/^ERR_AIOLOOP_NATIVE_UNAVAILABLE/)
      for (const each of said) expect(error).toMatch(each)
      expect(JSON.parse(info)).toMatchObject({
        loop: 'native',
        chosenBy: 'env',
        reason: expect.stringMatching(/AIOLOOP_LOOP asked for it; .*another version/),
      })
    })

    test('ends at once with --import aioloop/install', async () => {
      const ended = await runProgram(`console.log('not reached')`, {
        env: { AIOLOOP_BINDING: foreign, AIOLOOP_LOOP: 'native' },
        nodeArgs: ['--import', 'aioloop/install'],
      })
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(REASON)
    })

    test('falls back with a warning when it did not demand it', async () => {
      const ended = await runProgram(
        `import { loopInfo, run } from 'aioloop'\nconsole.log(await run(async () => loopInfo().loop))`,
        { env: { AIOLOOP_BINDING: foreign } },
      )
      expect(ended).toMatchObject({ code: 0, stdout: 'portable\n' })
      expect(ended.stderr).toMatch(REASON)
    })
  })

  test('with AIOLOOP_DEBUG=1 has loops in debug mode', async () => {
    const ended = await runProgram(
      `import { getRunningLoop, run } from 'aioloop'\nconsole.log(await run(async () => getRunningLoop().getDebug()))`,
      { env: { AIOLOOP_DEBUG: '1' } },
    )
    expect(ended).toMatchObject({ code: 0, stdout: 'true\n' })
  })

  test('whose loopFactory chose the loop is told so', async () => {
    const ended = await runProgram(
      `import { loopInfo, PortableEventLoopPolicy, run } from 'aioloop'
       const info = await run(async () => loopInfo(), { loopFactory: () => new PortableEventLoopPolicy().newEventLoop() })
       console.log(info.loop, info.chosenBy)`,
    )
    expect(ended).toMatchObject({ code: 0, stdout: 'portable factory\n' })
  })
})
