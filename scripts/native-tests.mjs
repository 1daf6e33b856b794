// Builds and runs the tests of the C++ core (test/native/) with CMake and the system's libuv: once with each deadline
// device. Prints `N passed, N failed` as its last line.
//
//   --sanitize          with AddressSanitizer and UBSan, and builds the addon that way too, as build/asan/aioloop.node
//   --build-addon-asan  builds that addon only
//   --require           a missing tool is a failure, not `not run: needs X`
//
// Downloads nothing: the addon is built against the headers beside the running Node.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

const root = dirname(import.meta.dirname)
const sanitizers = 'address,undefined'
const { values: options } = parseArgs({
  options: {
    sanitize: { type: 'boolean', default: false },
    'build-addon-asan': { type: 'boolean', default: false },
    require: { type: 'boolean', default: false },
  },
})
const addonOnly = options['build-addon-asan']

const missing = missingTool()
if (missing !== undefined) {
  console.log(`not run: needs ${missing}`)
  process.exit(options.require ? 1 : 0)
}
if (options.sanitize || addonOnly) buildAddon()
if (!addonOnly) runTests()

function missingTool() {
  if (!works('cmake', ['--version'])) return 'cmake'
  if (!works('c++', ['--version'])) return 'a C++ compiler'
  if (options.sanitize || addonOnly) {
    if (process.platform !== 'linux') return 'Linux for AddressSanitizer'
    if (headers() === undefined) return "Node's headers (node_api.h, uv.h) beside node"
  }
  if (addonOnly) return undefined
  if (!works('pkg-config', ['--exists', 'libuv'])) return 'libuv (Debian: libuv1-dev) and pkg-config'
  if (!compiles('#include <doctest/doctest.h>')) return 'doctest (Debian: doctest-dev)'
  return undefined
}

function runTests() {
  const folder = join(root, 'build', options.sanitize ? 'native-sanitized' : 'native')
  const sanitize = options.sanitize ? sanitizers : ''
  run('cmake', ['-S', root, '-B', folder, `-DAIOLOOP_SANITIZE=${sanitize}`, '-DAIOLOOP_BUILD_TESTS=ON'])
  run('cmake', ['--build', folder, '--parallel', String(availableParallelism())])
  let passed = 0
  let failed = 0
  for (const program of ['aioloop-tests', 'aioloop-tests-timer']) {
    const { stdout, status, signal } = spawnSync(join(folder, program), [], {
      encoding: 'utf8',
      timeout: 300_000,
      env: { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const counts = /test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed/.exec(stdout)
    console.log(`${program}: ${counts?.[0] ?? `ended with ${signal ?? status}`}`)
    passed += Number(counts?.[1] ?? 0)
    failed += Number(counts?.[2] ?? 0)
    // A crash, or a sanitizer's report after the last test, is a failure that no count shows.
    if (status !== 0) {
      if (!Number(counts?.[2] ?? 0)) failed++
      console.log(stdout)
    }
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

function buildAddon() {
  const folder = join(root, 'build', 'addon-asan')
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js')
  const flags = [`--CDAIOLOOP_SANITIZE=${sanitizers}`, '--CDAIOLOOP_BUILD_TESTS=OFF', '--CDAIOLOOP_BUILD_ADDON=ON']
  const env = { ...process.env, npm_config_nodedir: headers() }
  run(process.execPath, [cmakeJs, 'build', '--out', folder, '--config', 'RelWithDebInfo', ...flags], env)
  const built = [join(folder, 'RelWithDebInfo', 'aioloop.node'), join(folder, 'aioloop.node')].find(existsSync)
  if (built === undefined) fail('cmake-js left no aioloop.node')
  mkdirSync(join(root, 'build', 'asan'), { recursive: true })
  copyFileSync(built, join(root, 'build', 'asan', 'aioloop.node'))
  console.log('built build/asan/aioloop.node')
}

/** The installation prefix of the running Node if its headers are complete there. */
function headers() {
  const prefix = dirname(dirname(process.execPath))
  const complete = ['node_api.h', 'uv.h'].every((name) => existsSync(join(prefix, 'include', 'node', name)))
  return complete ? prefix : undefined
}

function works(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function compiles(source) {
  return spawnSync('c++', ['-x', 'c++', '-fsyntax-only', '-'], { input: source, stdio: 'pipe' }).status === 0
}

function run(command, args, env = process.env) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', timeout: 600_000 })
  if (status === 0) return
  console.log(stdout, stderr)
  fail(`${command} ${args[0]} ended with ${status}`)
}

function fail(reason) {
  console.log(`${reason}\n0 passed, 1 failed`)
  process.exit(1)
}
