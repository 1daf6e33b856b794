// Bundles bench/ into one file, dist/bench/main.js, which `aioloop bench` runs from the installed package: the harness's
// libraries are inside, since the package depends on none of them, and their licences lie beside it.
//
// What is measured stays outside: aioloop is the one that is installed, and the npm peers are found only where the user
// has them. No syntax is minified: the measured code is the code that `npm run bench` measures.
//
// Only scripts/build.mjs calls this.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const MEASURED = [
  'aioloop',
  'async-mutex',
  'async-sema',
  'effect',
  'effection',
  'fastq',
  'p-limit',
  'p-queue',
  'piscina',
  'tinypool',
  'workerpool',
]
/** Bundled CommonJS libraries ask for Node's modules by `require`, which an ES module lacks. */
const REQUIRE = `import { createRequire } from 'node:module';const require = createRequire(import.meta.url);`

/** Writes the bundle below `folder` and returns its size in bytes. */
export async function bundleBench(root, folder) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'bench', 'main.ts')],
    outfile: join(folder, 'main.js'),
    bundle: true,
    external: MEASURED,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    minifyWhitespace: true,
    legalComments: 'none', // LICENSES.txt has the whole texts
    banner: { js: REQUIRE },
    logLevel: 'warning',
    metafile: true,
    write: false,
  })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'main.js'), outputFiles[0].contents)
  writeFileSync(join(folder, 'LICENSES.txt'), licences(root, Object.keys(metafile.inputs)))
  return outputFiles[0].contents.length
}

/** The licence texts of all packages that any of these files belong to. */
function licences(root, files) {
  const packages = new Set(files.map((file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean))
  const texts = [...packages].sort().map((path) => {
    const folder = join(root, path)
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e([.-]|$)/i.test(entry))
    if (file === undefined) throw new Error(`bundling bench: ${name} has no licence file`)
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  })
  return `main.js contains these libraries:\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
