/**
 * The command line as a user meets it: from the built tree, where the native binary is, and from the packed package, which
 * here has none.
 */
import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Report } from '../../bench/report/rows.ts'
import { type PackedProject, packIntoProject } from '../package/packed.ts'
import { commandOf } from './command.ts'

const root = dirname(dirname(import.meta.dirname))
const project: PackedProject = packIntoProject()
afterAll(() => rmSync(project.folder, { recursive: true, force: true }))

describe.each([
  ['the built tree', root],
  ['the packed package', project.package],
])('aioloop, from %s', (_where, folder) => {
  const aioloop = commandOf(folder)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }

  it.each(['--help', '-h', 'help'])('%s lists the commands', (flag) => {
    expect(aioloop([flag])).toMatchObject({ code: 0, stdout: expect.stringMatching(/doctor[\s\S]*bench/), stderr: '' })
  })

  it('--version says which package this is', () => {
    expect(aioloop(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('refuses what is no command, in words', () => {
    expect(aioloop(['frob'])).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('no command "frob"') })
    expect(aioloop([])).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('no command was given') })
  })

  it('doctor prints loop, reason, binary, versions and capabilities', () => {
    const { code, stdout } = aioloop(['doctor'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^loop +(native|portable)$/m)
    for (const name of ['why', 'chosen by', 'binary', 'platform', 'version node', 'can signals']) {
      expect(stdout).toMatch(new RegExp(`^${name} +\\S`, 'm'))
    }
    expect(stdout).toMatch(new RegExp(`^version aioloop +${version}$`, 'm'))
  })

  it('doctor --json prints the same for programs', () => {
    const { code, stdout } = aioloop(['doctor', '--json'], { AIOLOOP_LOOP: 'portable' })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      loop: 'portable',
      chosenBy: 'env',
      capabilities: { standalone: true },
      versions: { aioloop: version, node: process.versions.node },
    })
  })

  it('doctor finds a binary that cannot be loaded, says why, and is content', () => {
    const { code, stdout } = aioloop(['doctor'], { AIOLOOP_BINDING: join(folder, 'nowhere.node') })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^why .*nowhere\.node/m)
    expect(stdout).toMatch(/^binary +none is loaded$/m)
  })

  it('doctor says that a program fails where the native loop is demanded and there is none', () => {
    const demand = { AIOLOOP_LOOP: 'native', AIOLOOP_BINDING: join(folder, 'nowhere.node') }
    const { code, stdout } = aioloop(['doctor'], demand)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^loop +none: a program fails, since native was demanded$/m)
    expect(stdout).toMatch(/^why +AIOLOOP_LOOP asked for it; .*nowhere\.node/m)
    const json = aioloop(['doctor', '--json'], demand)
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      loop: 'native',
      chosenBy: 'env',
      failure: expect.stringContaining('AIOLOOP_LOOP=native'),
    })
  })

  it('doctor refuses options that it has not, and a loop that there is not', () => {
    expect(aioloop(['doctor', '--verbose'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--verbose') })
    const { code, stderr } = aioloop(['doctor'], { AIOLOOP_LOOP: 'fast' })
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("'native' or 'portable'") })
  })

  it('bench --help lists the suites', () => {
    const { code, stdout } = aioloop(['bench', '--help'])
    expect(code).toBe(0)
    for (const suite of ['schedule', 'timers', 'tasks', 'start']) expect(stdout).toContain(suite)
  })

  it('bench refuses a suite that there is not', () => {
    expect(aioloop(['bench', 'frob'])).toMatchObject({ code: 1, stderr: expect.stringContaining("'frob'") })
  })
})

const PEERS =
  /^(asyncio|uvloop|effect|effection|async-mutex|async-sema|p-limit|p-queue|fastq|piscina|tinypool|workerpool)( \(again\))?$/

describe('aioloop bench, from the packed package', () => {
  it('measures aioloop and Node, and has a row for each peer that is not part of the package', {
    timeout: 600_000,
  }, () => {
    const file = join(project.folder, 'result.json')
    const cases = [
      'http-latency',
      'await-chain',
      'lateness',
      'timeout-ready',
      'semaphore-contended',
      'connect',
      'round-trip',
      'rate',
      'empty-main',
    ]
    const { code, stdout } = commandOf(project.package)(['bench', '--quick', '--json', file, '--case', ...cases])
    expect(code).toBe(0)
    expect(stdout).toContain('suite tasks')
    const { env, suites } = JSON.parse(readFileSync(file, 'utf8')) as Report
    expect(env).toMatchObject({ loop: 'portable', load: { atStart: expect.any(Number) } })
    const rows = suites.flatMap((suite) => (suite.name === 'net' ? [] : suite.rows))
    // Their load is a C program, which only a clone has.
    for (const { median, missing } of suites.find(({ name }) => name === 'net')?.rows ?? []) {
      if (median === null) expect(missing).toMatch(/not part of this package|not available|not installed/)
    }
    expect(suites.map(({ name, rows }) => [name, rows.length > 0])).toEqual(
      ['schedule', 'timers', 'tasks', 'structured', 'sync', 'net', 'executors', 'threads', 'start'].map((name) => [
        name,
        true,
      ]),
    )
    for (const { case: name, subject, median, missing } of rows) {
      if (PEERS.test(subject)) expect(missing).toContain('not part of this package')
      else if (subject.startsWith('aioloop native')) expect(missing).toContain('not available')
      else expect({ name, subject, median, missing }).toMatchObject({ median: expect.any(Number) })
    }
  })
})

describe('the command in the package', () => {
  const text = (file: string) => readFileSync(join(project.package, 'dist', file), 'utf8')

  it('costs nothing to who only imports the library', () => {
    const library = project.files.filter((file) => /^dist\/(index|install|testing|aioloop-\w+)\.js$/.test(file))
    expect(library).toHaveLength(4)
    for (const file of library) {
      expect(readFileSync(join(project.package, file), 'utf8')).not.toMatch(/commander|bench\/main|cli\.js/)
    }
  })

  it('can be executed, and names its libraries and their licences', () => {
    expect(text('cli.js').startsWith('#!/usr/bin/env node\n')).toBe(true)
    for (const name of ['commander', 'cli-table3', 'cli-progress', 'simple-statistics']) {
      expect(text('bench/LICENSES.txt')).toMatch(new RegExp(`^${name} \\d`, 'm'))
    }
    expect(text('bench/LICENSES.txt')).not.toMatch(/^effect(ion)? \d/m)
  })
})
