/**
 * Two installed copies in one process behave as one; a bundler for Node keeps the package working; one for browsers, and
 * what comes of it, are told what is wrong.
 */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstalledProject, installPacked } from '../package/installed.ts'
import { runOn } from './run-on.ts'
import { type Command, nodeLine, nodeLines } from './runtimes.ts'

let project: InstalledProject
beforeAll(async () => {
  project = await installPacked()
  cpSync(project.package, join(project.folder, 'copy', 'aioloop'), { recursive: true })
}, 600_000)
afterAll(() => project.remove())

const here: Command = [process.execPath]

describe('two copies in one process', () => {
  // The second copy knows the running loop and task of the first, whatever copy of the addon each has loaded.
  const source = `
    import * as first from 'aioloop'
    import * as second from './copy/aioloop/dist/index.js'
    const answer = await first.run(async () => {
      const task = first.currentTask()
      const made = second.createTask(async () => second.sleep(1, 'from the second'))
      const result = await first.gather([made, first.sleep(1, 'from the first')])
      const endless = second.createTask(async () => { await second.sleep(60_000) })
      await first.sleep(0)
      endless.cancel()
      const cancelled = await endless.then(() => false, first.isCancelled)
      return {
        twoCopies: first.run !== second.run,
        sameLoop: first.getRunningLoop() === second.getRunningLoop(),
        sameTask: task === second.currentTask(),
        isFuture: first.isFuture(made),
        result,
        cancelled,
        loops: [first.loopInfo().loop, second.loopInfo().loop],
        files: new Set([first.loopInfo().binary, second.loopInfo().binary]).size,
      }
    })
    const own = await second.run(async () => second.loopInfo().loop)
    console.log(JSON.stringify({ ...answer, own }))
  `

  for (const line of nodeLines) {
    it(`share loop and task, and the addon loads twice, on Node ${line}`, (context) => {
      const command = nodeLine(line)
      if (command === undefined) return context.skip(`needs Node ${line}`)
      expect(runOn<unknown>(command, project, { source })).toEqual({
        twoCopies: true,
        sameLoop: true,
        sameTask: true,
        isFuture: true,
        result: ['from the second', 'from the first'],
        cancelled: true,
        loops: ['native', 'native'],
        files: 2,
        own: 'native',
      })
    })
  }
})

describe('bundled', () => {
  const source = `
    import { loopInfo, run } from 'aioloop'
    console.log(JSON.stringify(await run(async () => loopInfo())))
  `
  const bundle = (platform: 'node' | 'browser', external: string[] = []) =>
    build({
      stdin: { contents: source, resolveDir: project.folder },
      bundle: true,
      platform,
      external,
      format: 'esm',
      write: false,
      logLevel: 'silent',
    })

  it('for Node it runs, on the portable loop, and says how the native one is reached', async () => {
    const { outputFiles } = await bundle('node')
    const answer = runOn<{ loop: string; reason: string }>(here, project, { source: outputFiles[0]?.text ?? '' })
    expect(answer).toMatchObject({ loop: 'portable' })
    expect(answer.reason).toMatch(/no package\.json of aioloop above .*AIOLOOP_BINDING/)
  })

  it('for Node it is native when the binary is named', async () => {
    const { outputFiles } = await bundle('node')
    const { binary = '' } = runOn(here, project)
    const options = { source: outputFiles[0]?.text ?? '', env: { AIOLOOP_BINDING: binary } }
    expect(runOn(here, project, options)).toMatchObject({ loop: 'native', binary })
  })

  it('for Node, left out of the bundle, it is native', async () => {
    const { outputFiles } = await bundle('node', ['aioloop'])
    expect(runOn(here, project, { source: outputFiles[0]?.text ?? '' })).toMatchObject({ loop: 'native' })
  })

  it('for browsers it does not build, and the bundler names what Node has and browsers have not', async () => {
    const failure = await bundle('browser').then(
      () => undefined,
      (error: { errors: { text: string; notes: { text: string }[] }[] }) => error.errors,
    )
    const texts = (failure ?? []).flatMap(({ text, notes }) => [text, ...notes.map((note) => note.text)])
    expect(texts.join('\n')).toMatch(/Could not resolve "node:async_hooks"/)
    expect(texts.join('\n')).toMatch(/built into node/)
  })
})
