// Builds the binary that goes into the tarball: prebuilds/<platform>-<arch>/aioloop.uv1.<libc>.node, stripped, tagged with
// the libuv major and the C library, so that a host for which it is not made passes it by.
//
//   node scripts/prebuild.mjs                for this machine
//   node scripts/prebuild.mjs --arch arm64   by Debian's cross compiler (g++-aarch64-linux-gnu) on another Linux
//   node scripts/prebuild.mjs --out DIR      into DIR/prebuilds
//
// prebuildify runs `node-gyp rebuild` and moves the result away; so it works on a copy of the native sources, and what
// is in build/ (the addon being developed, native tests, the sanitized addon) stays as it was.
import { copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import prebuildify from 'prebuildify'
import { newestSymbols, tooYoung } from './symbol-versions.mjs'

const root = dirname(import.meta.dirname)
const require = createRequire(import.meta.url)
const staging = join(root, '.cache', `prebuild-${process.pid}`)

const { arch, out } = parseArgs({
  options: { arch: { type: 'string', default: process.arch }, out: { type: 'string', default: root } },
}).values
const linux = process.platform === 'linux'
// Clang and MSVC build for the other architecture of their own system when node-gyp passes --arch.
const cross = linux && arch !== process.arch

/** Debian's name for what builds for another architecture. */
const triplets = { arm64: 'aarch64-linux-gnu', x64: 'x86_64-linux-gnu' }

function toolchain() {
  if (!cross) return {}
  const triplet = triplets[arch]
  if (triplet === undefined) throw new Error(`no cross compiler is known for ${arch}`)
  return {
    CC: `${triplet}-gcc`,
    CXX: `${triplet}-g++`,
    AR: `${triplet}-ar`,
    LINK: `${triplet}-g++`,
    PREBUILD_STRIP_BIN: `${triplet}-strip`,
    AIOLOOP_READELF: `${triplet}-readelf`,
  }
}

/** Alpine is not the only system with musl, so ask Node what it runs on. */
function libc() {
  return cross || process.report.getReport().header.glibcVersionRuntime !== undefined ? 'glibc' : 'musl'
}

async function build() {
  for (const name of ['package.json', 'binding.gyp', 'native']) {
    cpSync(join(root, name), join(staging, name), { recursive: true })
  }
  Object.assign(process.env, toolchain())
  const prefix = dirname(dirname(process.execPath))
  // Headers beside Node are those of the version that is named below, so nothing need be downloaded.
  if (existsSync(join(prefix, 'include', 'node', 'uv.h'))) process.env.npm_package_config_node_gyp_nodedir ??= prefix
  const file = join('prebuilds', `${process.platform}-${arch}`, `aioloop.uv1${linux ? `.${libc()}` : ''}.node`)
  await promisify(prebuildify)({
    cwd: staging,
    out: staging,
    arch,
    targets: [process.version],
    napi: true,
    strip: true,
    stripBin: process.env.PREBUILD_STRIP_BIN ?? 'strip',
    tagUv: '1',
    tagLibc: linux ? libc() : false,
    nodeGyp: process.platform === 'win32' ? 'node-gyp.cmd' : require.resolve('node-gyp/bin/node-gyp.js'),
    quiet: process.env.AIOLOOP_PREBUILD_VERBOSE !== '1',
  })
  const built = join(staging, file)
  if (!existsSync(built)) throw new Error(`prebuildify did not make ${file}`)
  const symbols = linux ? newestSymbols(built) : {}
  const young = tooYoung(symbols)
  if (young.length > 0) throw new Error(`${file} would not load where Node runs: ${young.join('; ')}`)
  mkdirSync(dirname(join(out, file)), { recursive: true })
  // A rename, from a place that is not packed: whoever loads or packs the old file at this moment sees it whole.
  const beside = join(out, `.prebuild-${process.pid}.tmp`)
  copyFileSync(built, beside)
  renameSync(beside, join(out, file))
  return { file, symbols }
}

const started = performance.now()
try {
  const { file, symbols } = await build()
  const size = `${(statSync(join(out, file)).size / 1024).toFixed(1)} KiB`
  const needs = Object.entries(symbols).map(([family, version]) => `${family}_${version}`)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`built ${file} in ${seconds} s: ${[size, ...needs].join(', ')}`)
} catch (error) {
  console.error(`prebuild failed: ${error instanceof Error ? error.message : error}`)
  console.error('AIOLOOP_PREBUILD_VERBOSE=1 shows what the compiler says.')
  process.exitCode = 1
} finally {
  rmSync(staging, { recursive: true, force: true })
}
