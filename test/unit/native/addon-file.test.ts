/** The addon is found without node-gyp-build in the usual places, and it is the file that node-gyp-build would give. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { usualFile } from '../../../src/native/addon-file.ts'
import { builtAddon, foundByNodeGypBuild } from '../../../src/native/binding.ts'
import { ensureBuilt, runProgram } from '../../lifecycle/program.ts'

beforeAll(ensureBuilt, 600_000)

const { platform, arch, versions, report } = process
const header = (report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined)?.header
const libc = platform !== 'linux' ? '' : header?.glibcVersionRuntime === undefined ? '.musl' : '.glibc'
const prebuild = join('prebuilds', `${platform}-${arch}`, `aioloop.uv${versions.uv?.split('.')[0]}${libc}.node`)

describe('the file of the addon', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'aioloop-addon-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))
  const put = (file: string): string => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), 'never loaded')
    return join(root, file)
  }

  it('is the one that came with the package', () => {
    const file = put(prebuild)
    for (const other of ['uv1.musl', 'uv1.glibc', 'uv9']) put(join('prebuilds', 'plan9-mips', `aioloop.${other}.node`))
    expect(usualFile(root, {})).toBe(file)
    expect(foundByNodeGypBuild(root)).toBe(file)
  })

  it('is rather the one that was built here', () => {
    put(prebuild)
    const file = put(join('build', 'Release', 'aioloop.node'))
    expect(usualFile(root, {})).toBe(file)
    expect(foundByNodeGypBuild(root)).toBe(file)
  })

  it.each([
    ['a debug build', join('build', 'Debug', 'aioloop.node')],
    ['one file for several architectures', join('prebuilds', `${platform}-${arch}+other`, 'aioloop.node')],
    ['one without tags', join('prebuilds', `${platform}-${arch}`, 'aioloop.node')],
  ])('is left to node-gyp-build to find: %s', (_what, place) => {
    const file = put(place)
    expect(usualFile(root, {})).toBeUndefined()
    expect(foundByNodeGypBuild(root)).toBe(file)
  })

  it.each(['AIOLOOP_PREBUILD', 'PREBUILDS_ONLY', 'LIBC', 'npm_config_arch', 'npm_config_platform'])(
    'is left to it where %s is set',
    (name) => {
      put(prebuild)
      expect(usualFile(root, { [name]: 'something' })).toBeUndefined()
    },
  )

  it('is that of this package', () => {
    expect(builtAddon()).toMatch(/aioloop[^/\\]*\.node$/)
  })

  it('is found without loading node-gyp-build', async () => {
    const ended = await runProgram(
      `import modules from 'node:module'
       import { loopInfo, run } from 'aioloop'
       const loop = await run(async () => loopInfo().loop)
       console.log(loop, Object.keys(modules._cache).filter((file) => file.includes('node-gyp-build')).length)`,
    )
    expect(ended).toMatchObject({ code: 0, stdout: 'native 0\n', stderr: '' })
  })
})
