// What `npm pack` and `npm publish` run first: see that the binaries which belong into the tarball are in prebuilds/.
//
// In a clone that is this platform's, built now. For a release every platform's was built elsewhere and gathered into
// prebuilds/ (.github/workflows/release.yml): with AIOLOOP_PREBUILDS=all nothing is built, and one that is missing or
// is not of the list stops the release.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

const root = dirname(import.meta.dirname)
const folder = join(root, 'prebuilds')

/** Every file of a release. */
const released = [
  'darwin-arm64/aioloop.uv1.node',
  'darwin-x64/aioloop.uv1.node',
  'linux-arm64/aioloop.uv1.glibc.node',
  'linux-arm64/aioloop.uv1.musl.node',
  'linux-x64/aioloop.uv1.glibc.node',
  'linux-x64/aioloop.uv1.musl.node',
  'win32-arm64/aioloop.uv1.node',
  'win32-x64/aioloop.uv1.node',
]

if (process.env.AIOLOOP_PREBUILDS === 'all') {
  const present = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .replaceAll(sep, '/'),
        )
    : []
  const wrong = [
    ...released.filter((file) => !present.includes(file)).map((file) => `${file} is missing`),
    ...present.filter((file) => !released.includes(file)).map((file) => `${file} is not of a release`),
  ]
  if (wrong.length > 0) {
    console.error(`not packed: ${wrong.join(', ')}`)
    process.exit(1)
  }
} else {
  await import('./prebuild.mjs')
}
