// The site that is crawled when none is named: API documentation of four installed packages, written by typedoc.
//
// Some hundreds of pages that nobody wrote for this example, made from what `npm ci` installed, without network. They are
// generated once into .cache/site and used again until one of the packages changes its version. The folder appears whole
// or not at all: typedoc writes next to it, then one rename puts it in place.

import { execFile } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { currentTask } from 'aioloop'

const documented: ReadonlyMap<string, string> = new Map([
  ['commander', 'typings/index.d.ts'],
  ['fast-check', 'lib/fast-check.d.ts'],
  ['parse5', 'dist/index.d.ts'],
  ['undici', 'types/index.d.ts'],
])

const root = dirname(createRequire(import.meta.url).resolve('aioloop/package.json'))

/** The folder of the sample site, generated below `cache` if need be. `say` is told when that takes a while. */
export async function sampleSite(say: (line: string) => void, cache = join(root, '.cache')): Promise<string> {
  const site = join(cache, 'site')
  const wanted = await describeVersions()
  if ((await readIfThere(join(site, 'made-from.txt'))) === wanted) return site
  say(`generating API documentation of ${[...documented.keys()].join(', ')} to crawl (once, some seconds)`)
  const workshop = `${site}-${process.pid}`
  try {
    await generate(workshop)
    await writeFile(join(workshop, 'html', 'made-from.txt'), wanted)
    await putInPlace(join(workshop, 'html'), site)
  } finally {
    // A child that was told to end may still be writing.
    await rm(workshop, { recursive: true, force: true, maxRetries: 10 })
  }
  return site
}

async function putInPlace(made: string, site: string): Promise<void> {
  await rm(site, { recursive: true, force: true })
  try {
    await rename(made, site)
  } catch (error) {
    // Another run may have put the same site there in between; anything else is an error.
    if ((await readIfThere(join(site, 'made-from.txt'))) === undefined) throw error
  }
}

async function generate(workshop: string): Promise<void> {
  const packages = join(root, 'node_modules')
  const files = [...documented].map(([name, types]) => join(packages, name, types))
  const typeRoots = [join(packages, '@types')]
  const compilerOptions = { target: 'es2022', module: 'nodenext', skipLibCheck: true, types: ['node'], typeRoots }
  const typedocOptions = {
    name: 'Sample site',
    entryPoints: files,
    out: 'html',
    readme: 'none',
    skipErrorChecking: true,
    disableSources: true,
    logLevel: 'Error',
  }
  await mkdir(workshop, { recursive: true })
  await writeFile(join(workshop, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  await writeFile(join(workshop, 'typedoc.json'), JSON.stringify(typedocOptions))
  // Not bin/typedoc, which forks: ending the outer process would leave the inner one at work.
  const typedoc = join(packages, 'typedoc', 'dist', 'cli.js')
  // The task's signal ends the child when the task is cancelled; execFile then throws an error of its own.
  const signal = currentTask()?.signal
  try {
    // In a folder of its own: typedoc takes the options of the folder it starts in.
    await promisify(execFile)(process.execPath, [typedoc], { cwd: workshop, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** Changes when what typedoc would write may change. */
async function describeVersions(): Promise<string> {
  const lines = [...documented.keys(), 'typedoc'].map(async (name) => {
    const manifest: { version: string } = JSON.parse(
      await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'),
    )
    return `${name} ${manifest.version}\n`
  })
  return (await Promise.all(lines)).join('')
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
