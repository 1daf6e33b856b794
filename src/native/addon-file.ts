/**
 * Where the addon's file is: built here, or come with the package. The two usual places are looked at directly; for the rest
 * (a debug build, one file for several architectures, settings of its own) binding.ts asks node-gyp-build, whose loading
 * alone costs some milliseconds of every program's start.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Settings in the environment that node-gyp-build heeds, and so decides. */
const SETTINGS = ['AIOLOOP_PREBUILD', 'PREBUILDS_ONLY', 'LIBC', 'npm_config_arch', 'npm_config_platform']

/** The file that node-gyp-build would find, in the usual cases; undefined in all others. */
export function usualFile(root: string, env: NodeJS.ProcessEnv): string | undefined {
  if (SETTINGS.some((name) => env[name] !== undefined)) return undefined
  if (existsSync(join(root, 'build'))) return ifThere(join(root, 'build', 'Release', 'aioloop.node'))
  const { platform, arch, versions } = process
  // As node-gyp-build tells them apart: docs/hosts.md says what that means on other systems with musl.
  const libc = platform !== 'linux' ? '' : existsSync('/etc/alpine-release') ? '.musl' : '.glibc'
  const name = `aioloop.uv${versions.uv?.split('.')[0]}${libc}.node`
  return ifThere(join(root, 'prebuilds', `${platform}-${arch}`, name))
}

function ifThere(file: string): string | undefined {
  return existsSync(file) ? file : undefined
}

/** The code may be bundled into dist/ or run from src/native/: walk up to the package that it belongs to. */
export function packageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }
      if (name === 'aioloop') return folder
    }
    if (dirname(folder) === folder) throw new Error(`no package.json of aioloop above ${start}; set AIOLOOP_BINDING`)
  }
}
