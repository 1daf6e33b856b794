// Builds dist/: one shared chunk plus one small file per entry (esbuild), then declarations (tsc) in dist/types. The
// command (cli.js) is an entry too, but only its own file: what it alone imports stays out of the chunk.
//
// One chunk, because importing many small modules costs milliseconds at every start. esbuild alone would make a chunk
// for every set of entries that shares a module; so every entry here also imports, for no effect, all that any entry
// imports, which leaves a single set. Source maps name ../src, which is published beside dist.
//
// What the two tools get wrong is mended, without moving a column: class-names.mjs and declarations.mjs.
//
// dist/ is built aside and swapped in whole: tests and examples may be reading it.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { build } from 'esbuild'
import { builtins, withoutBuiltins } from './builtins.mjs'
import { bundleBench } from './bundle-bench.mjs'
import { restoreClassNames } from './class-names.mjs'
import { mendDeclarations } from './declarations.mjs'

const root = dirname(import.meta.dirname)
const require = createRequire(import.meta.url)
const entries = ['index', 'testing', 'install'].map((name) => join(root, 'src', `${name}.ts`))
const command = join(root, 'src', 'cli', 'main.ts')
// A sibling of src/, like dist/ itself, so that the relative paths in the maps hold after the swap.
const staging = join(root, `dist.${process.pid}.tmp`)

/** What all entries share; the names on which `metafile` and import paths agree are relative to the root. */
const shared = {
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  outdir: staging,
  logLevel: 'warning',
}

/** Every module that some entry imports directly, entries themselves left out. */
async function directImports() {
  const { metafile } = await build({ ...shared, entryPoints: entries, write: false, metafile: true })
  const isEntry = (path) => entries.includes(resolve(root, path))
  const direct = Object.entries(metafile.inputs)
    .filter(([path]) => isEntry(path))
    .flatMap(([, input]) => input.imports.filter((i) => !i.external && !isEntry(i.path)).map((i) => i.path))
  return [...new Set(direct)].sort()
}

function oneChunk(modules) {
  const everything = modules.map((path) => `import ${JSON.stringify(resolve(root, path))}`).join('\n')
  return {
    name: 'one-chunk',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^everything:/ }, () => ({ path: 'everything', namespace: 'everything', sideEffects: true }))
      onLoad({ filter: /.*/, namespace: 'everything' }, () => ({ contents: everything, resolveDir: root }))
      onLoad({ filter: /[\\/]src[\\/](index|testing|install|cli[\\/]main)\.ts$/ }, ({ path }) => {
        if (path !== command && !entries.includes(path)) return undefined
        // Appended on the last line: an added line in front would shift the source map.
        return { contents: `${readFileSync(path, 'utf8').trimEnd()};import 'everything:'\n`, loader: 'ts' }
      })
    },
  }
}

async function bundle() {
  const { metafile } = await build({
    ...shared,
    entryPoints: [...entries.map((path) => ({ in: path, out: basename(path, '.ts') })), { in: command, out: 'cli' }],
    plugins: [builtins(join(root, 'src')), oneChunk(await directImports())],
    ignoreAnnotations: true, // `sideEffects: false` would drop the imports that make it one chunk
    splitting: true,
    chunkNames: 'aioloop-[hash]',
    sourcemap: 'linked',
    sourcesContent: false,
    // No keepNames: it wraps functions in a helper, which breaks functions sent elsewhere as source text.
    keepNames: false,
    metafile: true,
  })
  const files = Object.keys(metafile.outputs).filter((path) => path.endsWith('.js'))
  const chunks = files.filter((path) => basename(path).startsWith('aioloop-'))
  if (chunks.length > 1) throw new Error(`expected one shared chunk, got ${chunks.join(', ')}`)
  for (const file of files) rewrite(join(root, file), restoreClassNames)
  for (const file of chunks) rewrite(join(root, `${file}.map`), withoutBuiltins)
  makeExecutable(join(staging, 'cli.js'))
  return files.map((path) => ({ path: basename(path), bytes: metafile.outputs[path].bytes }))
}

/** A line is added in front, so its map begins with an empty one. */
function makeExecutable(path) {
  rewrite(path, (text) => `#!/usr/bin/env node\n${text}`)
  rewrite(`${path}.map`, (text) => text.replace('"mappings": "', '"mappings": ";'))
  chmodSync(path, 0o755)
}

function declarations() {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  const { status } = spawnSync(
    process.execPath,
    [tsc, '-p', 'tsconfig.build.json', '--outDir', join(staging, 'types')],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  if (status !== 0) throw new Error('tsc found errors; no declarations were written')
  for (const file of readdirSync(join(staging, 'types'), { recursive: true })) {
    if (file.endsWith('.d.ts')) rewrite(join(staging, 'types', file), mendDeclarations)
  }
}

function rewrite(path, change) {
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

function swapIn() {
  const dist = join(root, 'dist')
  const old = `${staging}.old`
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(staging, dist)
  rmSync(old, { recursive: true, force: true })
}

const started = performance.now()
mkdirSync(staging, { recursive: true })
try {
  const files = await bundle()
  files.push({ path: 'bench/main.js', bytes: await bundleBench(root, join(staging, 'bench')) })
  declarations()
  swapIn()
  const list = files.map(({ path, bytes }) => `${path} ${(bytes / 1024).toFixed(1)} KiB`).join(', ')
  console.log(`built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s: ${list}`)
} catch (error) {
  console.error(`build failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  rmSync(staging, { recursive: true, force: true })
}
