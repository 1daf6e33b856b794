/**
 * The package as a user gets it: packed by npm, unpacked into a project of its own under node_modules, with its one run-time
 * dependency and the types of Node beside it. Binaries are taken out of it: this is also the machine for which there is none.
 * installed.ts is for what needs them.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = dirname(dirname(import.meta.dirname))

export interface PackedProject {
  /** A project folder that depends on the package. */
  readonly folder: string
  /** The unpacked package. */
  readonly package: string
  /** Its files, by path from the package's root. */
  readonly files: readonly string[]
}

export function packIntoProject(): PackedProject {
  const folder = mkdtempSync(join(tmpdir(), 'aioloop-packed-'))
  const modules = join(folder, 'node_modules')
  const unpacked = join(modules, 'aioloop')
  mkdirSync(unpacked, { recursive: true })
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [tarball] = JSON.parse(packed) as { filename: string }[]
  if (tarball === undefined) throw new Error('npm pack made nothing')
  execFileSync('tar', ['-xzf', join(folder, tarball.filename), '-C', unpacked, '--strip-components=1'])
  rmSync(join(unpacked, 'prebuilds'), { recursive: true, force: true })
  for (const name of ['node-gyp-build', '@types', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1))
  return { folder, package: unpacked, files }
}
