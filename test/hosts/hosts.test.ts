/**
 * Which loop the installed package takes on each host, and that `loopInfo()` says why: Node with its permission model on, Bun,
 * Deno, Node for arm64, and hosts for which there is no binary or a wrong one.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unfitRuntime } from '../../src/native/binding.ts'
import { root } from '../lifecycle/program.ts'
import { type InstalledProject, installPacked } from '../package/installed.ts'
import { type RunOptions, runOn, worked } from './run-on.ts'
import { bun, type Command, deno, nodeLine, nodeLines, nodeOnArm64 } from './runtimes.ts'

let project: InstalledProject
beforeAll(async () => {
  project = await installPacked()
}, 600_000)
afterAll(() => project.remove())

const here: Command = [process.execPath]

function expectPortable(command: Command, because: RegExp, options: RunOptions = {}): void {
  const answer = runOn(command, project, options)
  expect(answer).toMatchObject({ ...worked, loop: 'portable' })
  expect(answer.binary).toBeUndefined()
  expect(answer.reason).toMatch(because)
}

describe('with the permission model', () => {
  for (const line of nodeLines) {
    const permission = [line === 20 ? '--experimental-permission' : '--permission', '--allow-fs-read=*']

    it(`Node ${line} runs natively where addons are permitted`, (context) => {
      const command = nodeLine(line)
      if (command === undefined) return context.skip(`needs Node ${line}`)
      const answer = runOn(command, project, { flags: [...permission, '--allow-addons'] })
      expect(answer).toMatchObject({ ...worked, loop: 'native' })
    })

    it(`Node ${line} falls back where they are not, and says what permits them`, (context) => {
      const command = nodeLine(line)
      if (command === undefined) return context.skip(`needs Node ${line}`)
      expectPortable(command, /addons are not permitted here; --allow-addons/, { flags: permission })
    })

    it(`Node ${line} names the file that it may not read, and runs natively when it may`, (context) => {
      if (process.platform !== 'linux') return context.skip('needs Linux')
      const command = nodeLine(line)
      if (command === undefined) return context.skip(`needs Node ${line}`)
      const [flag = ''] = permission
      const flags = [flag, '--allow-addons', `--allow-fs-read=${join(project.folder, '*')}`]
      // By this file Alpine is told from other systems, and so which binary fits.
      expectPortable(command, /reading \/etc\/alpine-release is not permitted here; --allow-fs-read/, { flags })
      const more = [...flags, '--allow-fs-read=/etc/alpine-release']
      expect(runOn(command, project, { flags: more })).toMatchObject({ ...worked, loop: 'native' })
    })
  }
})

describe('other runtimes take the portable loop before anything is loaded', () => {
  it('Bun', (context) => {
    const command = bun()
    if (command === undefined) return context.skip('needs Bun')
    expectPortable(command, /Bun does not have the libuv/)
  })

  it('Deno, with leave to read files and the environment', (context) => {
    const command = deno()
    if (command === undefined) return context.skip('needs Deno')
    expectPortable(command, /Deno does not have the libuv/)
  })

  it('and so do Electron, a libuv of another major version, and what does not say which it has', () => {
    expect(unfitRuntime({ uv: '1.52.1', electron: '40.0.0' })).toMatch(/Electron/)
    expect(unfitRuntime({ uv: '2.0.0' })).toMatch(/for libuv 1, and this is libuv 2\.0\.0/)
    expect(unfitRuntime({})).toMatch(/does not say which libuv/)
  })

  it('a program meets a libuv of another major version as a reason', () => {
    // Set before the package is imported, as that runtime would have it.
    const preload = join(project.folder, 'libuv-2.cjs')
    writeFileSync(
      preload,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, uv: '2.0.0' } })\n",
    )
    expectPortable(here, /for libuv 1, and this is libuv 2\.0\.0/, { flags: ['--require', preload] })
  })
})

describe('Node for arm64', () => {
  // Compiles all of the addon.
  it('runs the cross-compiled binary natively, under qemu', { timeout: 600_000 }, (context) => {
    const command = nodeOnArm64()
    if (command === undefined) return context.skip('needs qemu-aarch64, g++-aarch64-linux-gnu and Node for arm64')
    const build = [join(root, 'scripts', 'prebuild.mjs'), '--arch', 'arm64', '--out', project.package]
    execFileSync(process.execPath, build, { stdio: 'pipe' })
    const answer = runOn(command, project)
    expect(answer).toMatchObject({ ...worked, loop: 'native' })
    expect(answer.binary).toContain('linux-arm64')
  })
})

describe('without a binary that fits', () => {
  const prebuilds = () => join(project.package, 'prebuilds')

  function withPrebuilds(change: () => void, then: () => void): void {
    const aside = `${prebuilds()}-aside`
    cpSync(prebuilds(), aside, { recursive: true })
    try {
      change()
      then()
    } finally {
      rmSync(prebuilds(), { recursive: true, force: true })
      renameSync(aside, prebuilds())
    }
  }

  it('none for this platform is a reason that names the platform', () => {
    withPrebuilds(
      () => rmSync(prebuilds(), { recursive: true }),
      () => expectPortable(here, new RegExp(`No native build was found for platform=${process.platform}`)),
    )
  })

  it('one for another C library or libuv is passed by', () => {
    const folder = join(prebuilds(), `${process.platform}-${process.arch}`)
    withPrebuilds(
      () => {
        rmSync(folder, { recursive: true })
        mkdirSync(folder)
        for (const tags of ['uv1.musl', 'uv2.glibc']) writeFileSync(join(folder, `aioloop.${tags}.node`), 'never read')
      },
      () => expectPortable(here, /No native build was found/),
    )
  })

  it('a file that is no addon, and one that is not there, are reasons', () => {
    const wrong = join(project.folder, 'wrong.node')
    writeFileSync(wrong, 'not a shared object')
    expectPortable(here, /could not be loaded: .*wrong\.node/, { env: { AIOLOOP_BINDING: wrong } })
    expectPortable(here, /could not be loaded: .*missing\.node/, { env: { AIOLOOP_BINDING: '/missing.node' } })
  })
})
