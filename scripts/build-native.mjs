// Builds the C++ addon with node-gyp into build/Release. The one place that decides how node-gyp is called.
//
// Headers: a Node installation usually has its headers (node_api.h, uv.h) beside it; then nothing is downloaded.
// Otherwise node-gyp fetches them for the running version, or takes what npm_package_config_node_gyp_nodedir names.
//
// `npm run build:native` runs this file and fails when the build fails; scripts/prepare.mjs calls `buildNative` and
// decides for itself.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(import.meta.dirname)
const require = createRequire(import.meta.url)

/** The installation prefix of the running Node if its headers are complete there, else undefined. */
function headersBesideNode() {
  const prefix = dirname(dirname(process.execPath))
  const complete = ['node_api.h', 'uv.h'].every((header) => existsSync(join(prefix, 'include', 'node', header)))
  return complete ? prefix : undefined
}

/** Builds; returns undefined on success, else one sentence that says what failed. */
export function buildNative() {
  if (!existsSync(join(root, 'binding.gyp'))) return 'binding.gyp is missing'
  const nodedir = process.env.npm_package_config_node_gyp_nodedir ?? headersBesideNode()
  // Not `rebuild`, which would remove the sanitized addon and the native tests that share build/.
  const args = ['configure', 'build', '--silent', `--jobs=${availableParallelism()}`]
  if (nodedir !== undefined) args.push(`--nodedir=${nodedir}`)
  const { status, signal, error } = spawnSync(
    process.execPath,
    [require.resolve('node-gyp/bin/node-gyp.js'), ...args],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (error !== undefined) return error.message
  if (status !== 0) return `node-gyp ended with ${signal ?? `exit code ${status}`}`
  return undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now()
  const failure = buildNative()
  if (failure !== undefined) {
    console.error(`native build failed: ${failure}. A C++17 compiler, make and Python 3 are needed.`)
    process.exit(1)
  }
  console.log(`built build/Release/aioloop.node in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}
