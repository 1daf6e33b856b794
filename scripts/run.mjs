// Runs one TypeScript program: `node scripts/run.mjs examples/crawler/main.ts [arguments]`.
//
// Node 20 cannot run TypeScript and the others strip types only, so the program's own files are bundled into .cache/
// (a fraction of a second); packages stay outside the bundle, and `aioloop` is the built one in dist/, found by the
// package's own name as any user would find it. The program runs in this very process: ^C reaches it once, its exit
// code is the exit code, and process.argv is what it would be had Node run the file.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'

const root = dirname(import.meta.dirname)
const program = process.argv[2]

/** `import.meta.url` and kin of a bundled file name the source: programs find their neighbours by it. */
const ownLocation = {
  name: 'own-location',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path)),
      loader: 'ts',
    }))
  },
}

async function bundle(file) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile: join(root, '.cache', 'program.mjs'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [ownLocation],
    write: false,
  })
  await stop()
  const text = outputFiles[0].text
  // Named by content, written under another name first: several runs of one program may start at once.
  const name = `${basename(file, extname(file))}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.mjs`
  const path = join(root, '.cache', 'run', name)
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.${process.pid}`, text)
    renameSync(`${path}.${process.pid}`, path)
  }
  return path
}

/** The package as built; built now when it never was, and a warning when its sources moved on since. */
function ensureDist() {
  const index = join(root, 'dist', 'index.js')
  if (!existsSync(index)) {
    const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
  const built = statSync(index).mtimeMs
  const src = join(root, 'src')
  const newer = readdirSync(src, { recursive: true }).find(
    (file) => file.endsWith('.ts') && statSync(join(src, file)).mtimeMs > built,
  )
  if (newer !== undefined) console.error(`dist/ is older than src/${newer}: npm run build:js`)
}

if (program === undefined || !existsSync(program)) {
  console.error(`usage: node scripts/run.mjs <program.ts> [arguments]${program ? ` (no file ${program})` : ''}`)
  process.exit(2)
}
ensureDist()
const path = await bundle(resolve(program))
process.argv.splice(1, 2, path)
await import(pathToFileURL(path).href)
