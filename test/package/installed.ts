/**
 * The package as a user installs it: the binary of this platform built for packing, packed by npm, and installed by npm into
 * an empty project with scripts disabled and nothing but Node on PATH, so no compiler. Without network: its one run-time
 * dependency comes packed from node_modules.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { ensureBuilt, root } from '../lifecycle/program.ts'

export interface InstalledProject {
  /** A project that depends on the package. */
  readonly folder: string
  /** The installed package. */
  readonly package: string
  readonly tarball: string
  /** Environment of a user's program: a PATH with Node and nothing else, none of this test run's settings. */
  readonly env: Record<string, string>
  remove(): void
}

export async function installPacked(): Promise<InstalledProject> {
  await ensureBuilt()
  const base = mkdtempSync(join(tmpdir(), 'aioloop-installed-'))
  const folder = join(base, 'project')
  const bin = join(base, 'bin')
  for (const each of [folder, bin]) mkdirSync(each)
  symlinkSync(process.execPath, join(bin, 'node'))
  const env = { PATH: bin, HOME: base, DENO_NO_UPDATE_CHECK: '1' }

  // What `npm pack` runs first. It would also run `prepare`, which swaps dist/ under the other tests that read it.
  execFileSync(process.execPath, [join(root, 'scripts', 'prepack.mjs')], { stdio: ['ignore', 'ignore', 'pipe'] })
  const npm = npmProgram()
  const pack = (from: string): string => {
    const output = execFileSync(process.execPath, [npm, 'pack', from, '--ignore-scripts', '--json'], {
      cwd: base,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [packed] = JSON.parse(output) as { filename: string }[]
    if (packed === undefined) throw new Error(`npm pack made nothing of ${from}`)
    return join(base, packed.filename)
  }
  const tarball = pack(root)
  const dependency = pack(join(root, 'node_modules', 'node-gyp-build'))
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  execFileSync(process.execPath, [npm, 'install', '--ignore-scripts', '--offline', dependency, tarball], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return {
    folder,
    package: join(folder, 'node_modules', 'aioloop'),
    tarball,
    env,
    remove: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** The script behind `npm`, so that it runs where `npm` itself is not on PATH. */
function npmProgram(): string {
  const places = (process.env.PATH ?? '').split(delimiter).map((place) => join(place, 'npm'))
  const found = places.find((place) => existsSync(place))
  if (found === undefined) throw new Error('npm is not on PATH')
  return realpathSync(found)
}
