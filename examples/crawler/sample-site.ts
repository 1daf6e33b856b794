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

/** The folder of the sample site, generated if need be. `say` is told when that takes a while. */
export async function sampleSite(say: (line: string) => void): Promise<string> {
  const root = dirname(createRequire(import.meta.url).resolve('aioloop/package.json'))
  const site = join(root, '.cache', 'site')
  const wanted = await describeVersions(root)
  if ((await readIfThere(join(site, 'made-from.txt'))) === wanted) return site
  say(`generating API documentation of ${[...documented.keys()].join(', ')} to crawl (once, some seconds)`)
  const workshop = `${site}-${process.pid}`
  try {
    await generate(root, workshop)
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

async function generate(root: string, workshop: string): Promise<void> {
  const packages = join(root, 'node_modules')
  const files = [...documented].map(([name, types]) => join(packages, name, types))
  const project = join(workshop, 'tsconfig.json')
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(packages, '@types')],
  }
  await mkdir(workshop, { recursive: true })
  await writeFile(project, JSON.stringify({ compilerOptions, files }))
  const typedoc = join(packages, 'typedoc', 'bin', 'typedoc')
  const flags = [
    '--skipErrorChecking',
    '--disableSources',
    '--readme',
    'none',
    '--name',
    'Sample site',
    '--logLevel',
    'Error',
  ]
  const folders = ['--tsconfig', project, '--out', join(workshop, 'html')]
  const entryPoints = files.flatMap((file) => ['--entryPoints', file])
  // The task's signal ends the child when the task is cancelled; execFile then throws an error of its own.
  const signal = currentTask()?.signal
  try {
    const command = [typedoc, ...flags, ...folders, ...entryPoints]
    await promisify(execFile)(process.execPath, command, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** Changes when what typedoc would write may change. */
async function describeVersions(root: string): Promise<string> {
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
