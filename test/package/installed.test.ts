/**
 * From the tarball to a running native loop without a compiler, on every Node line; the binary loads wherever Node runs; and
 * the checkers of packages have nothing to say.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runOn, worked } from '../hosts/run-on.ts'
import { nodeLine, nodeLines } from '../hosts/runtimes.ts'
import { root } from '../lifecycle/program.ts'
import { type InstalledProject, installPacked } from './installed.ts'

let project: InstalledProject
beforeAll(async () => {
  project = await installPacked()
}, 600_000)
afterAll(() => project.remove())

const binaries = () => {
  const folder = join(project.package, 'prebuilds')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.node'))
    .map((file) => join(folder, file))
}

describe('installed with scripts disabled and no compiler on PATH', () => {
  for (const line of nodeLines) {
    it(`runs natively on Node ${line}`, (context) => {
      const command = nodeLine(line)
      if (command === undefined) return context.skip(`needs Node ${line}`)
      const answer = runOn(command, project)
      expect(answer).toMatchObject({ ...worked, loop: 'native', reason: 'the addon loaded' })
      expect(answer.binary).toContain(join('node_modules', 'aioloop', 'prebuilds'))
      expect(answer.versions.node.split('.')[0]).toBe(String(line))
    })
  }

  it('has the binary of this platform and no test among its files', () => {
    const files = readdirSync(project.package, { recursive: true, encoding: 'utf8' })
    const mine = files.filter((file) =>
      file.startsWith(join('prebuilds', `${process.platform}-${process.arch}`, 'aioloop')),
    )
    expect(mine).not.toEqual([])
    expect(files.filter((file) => /(^|[\\/])(tests?|__tests__)[\\/]|\.test\./.test(file))).toEqual([])
  })
})

describe('the binaries', () => {
  it('need no symbol younger than official Node itself needs', (context) => {
    if (process.platform !== 'linux') return context.skip('needs Linux')
    for (const file of binaries()) {
      const output = execFileSync(process.execPath, [join(root, 'scripts', 'symbol-versions.mjs'), file], {
        encoding: 'utf8',
      })
      const { newest, tooYoung } = JSON.parse(output) as { newest: Record<string, string>; tooYoung: string[] }
      expect(Object.keys(newest)).not.toEqual([])
      expect(tooYoung).toEqual([])
    }
  })

  it('are stripped', (context) => {
    if (process.platform !== 'linux') return context.skip('needs Linux')
    for (const file of binaries()) {
      expect(execFileSync('readelf', ['--wide', '--sections', file], { encoding: 'utf8' })).not.toContain('.symtab')
    }
  })
})

describe('the checkers of packages', () => {
  const require = createRequire(import.meta.url)
  const packageOf = (name: string) => dirname(require.resolve(`${name}/package.json`))

  it('publint finds nothing, suggestions included', () => {
    const cli = join(root, 'node_modules', 'publint', 'src', 'cli.js')
    const output = execFileSync(process.execPath, [cli, 'run', '--strict', project.tarball], { encoding: 'utf8' })
    expect(output).toContain('All good!')
  })

  it('attw finds that the types are right for every consumer of an ESM-only package', () => {
    const cli = join(packageOf('@arethetypeswrong/cli'), 'dist', 'index.js')
    const output = execFileSync(process.execPath, [cli, project.tarball, '--profile', 'esm-only', '--format', 'json'], {
      encoding: 'utf8',
    })
    expect(JSON.parse(output)).toHaveProperty('analysis')
  })
})
