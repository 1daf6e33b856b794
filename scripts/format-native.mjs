// Formats native/ with the clang-format that package-lock.json pins; `--check` changes nothing and fails on a difference.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const clangFormat = createRequire(import.meta.url).resolve('clang-format/index.js')

const files = ['native', 'test/native', 'bench']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)))
  .filter((file) => /\.(c|cc|h)$/.test(file))

if (files.length > 0) {
  const mode = process.argv.includes('--check') ? ['--dry-run', '-Werror'] : ['-i']
  const { status } = spawnSync(process.execPath, [clangFormat, ...mode, '--style=file', ...files], {
    cwd: root,
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
}
console.log(`${files.length} C++ files ${process.exitCode ? 'checked: not formatted (npm run format)' : 'formatted'}`)
