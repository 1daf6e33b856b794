// The newest versioned symbols that a built file needs, per family (GLIBC, GLIBCXX, CXXABI, GCC), and whether every
// machine that runs official Node has them. A compiler or flag that pulls in younger symbols makes a file that builds
// and then loads nowhere but here; so scripts/prebuild.mjs refuses to keep one, and test/package asks about what is packed.
//
// `node scripts/symbol-versions.mjs FILE` prints both as JSON.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What official Node binaries for Linux need themselves. */
const ceilings = { GLIBC: '2.28', GLIBCXX: '3.4.21', CXXABI: '1.3.9', GCC: '4.2.0' }

/** The newest version needed of each family, such as `{ GLIBC: '2.14' }`. Empty for what is not ELF with versions. */
export function newestSymbols(file) {
  const { AIOLOOP_READELF: readelf = 'readelf' } = process.env
  const needed = execFileSync(readelf, ['--wide', '--version-info', file], { encoding: 'utf8' })
  const newest = {}
  for (const [, family, version] of needed.matchAll(/Name: ([A-Z]+)_([\d.]+)/g)) {
    if (newest[family] === undefined || compareVersions(version, newest[family]) > 0) newest[family] = version
  }
  return newest
}

/** The families of which something younger is needed than Node itself needs, each as a sentence. */
export function tooYoung(newest) {
  return Object.entries(newest)
    .filter(([family, version]) => ceilings[family] === undefined || compareVersions(version, ceilings[family]) > 0)
    .map(([family, version]) => `needs ${family}_${version}, and ${ceilings[family] ?? 'none'} is the newest allowed`)
}

function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const newest = newestSymbols(process.argv[2])
  console.log(JSON.stringify({ newest, tooYoung: tooYoung(newest) }))
}
