/**
 * The C programs of bench/peers, compiled at first use: loads, and servers on libuv. Where there is no compiler, or a library
 * is missing, a case has no figures, and says so.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Missing } from '../../harness/program.ts'

/** Bundled into one file this lies elsewhere: then the clone, if there is one, is where the command was started. */
const clones = [fileURLToPath(new URL('../../..', import.meta.url)), process.cwd()]

const OPENSSL = ['-lssl', '-lcrypto']

/** By the parts of a program's name. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = { libuv: ['-luv'], tls: OPENSSL }

/** The folder of the programs that are not bundled. @throws Missing outside a clone. */
export function peersFolder(): string {
  const clone = clones.find((folder) => existsSync(join(folder, 'bench', 'peers', 'load.h')))
  if (clone === undefined) throw new Missing('the programs of bench/peers are not part of this package')
  return join(clone, 'bench', 'peers')
}

/** `bench/peers/<name>.c`, compiled. @throws Missing without a compiler or a library, and outside a clone. */
export function compiled(name: string): string {
  if (process.platform !== 'linux') throw new Missing('not available: the load of this case is for Linux')
  const peers = peersFolder()
  const folder = join(dirname(dirname(peers)), '.cache', 'bench')
  const built = join(folder, name)
  if (existsSync(built) && statSync(built).mtimeMs > newest(peers, name)) return built
  mkdirSync(folder, { recursive: true })
  const fresh = `${built}.${process.pid}`
  const libraries = name.split('-').flatMap((part) => LIBRARIES[part] ?? [])
  const command = ['-O2', '-o', fresh, join(peers, `${name}.c`), ...libraries]
  const { status, error, stderr } = spawnSync('cc', command, { encoding: 'utf8' })
  if (status !== 0) throw new Missing(`not available: ${error?.message ?? reasonIn(stderr)}`)
  renameSync(fresh, built)
  return built
}

/** When the program, or a header that it may include, was last changed. */
function newest(peers: string, name: string): number {
  const sources = readdirSync(peers).filter((file) => file === `${name}.c` || file.endsWith('.h'))
  return Math.max(...sources.map((file) => statSync(join(peers, file)).mtimeMs))
}

/** What a compiler complains of, without the file where it noticed. */
export function reasonIn(complaint: string): string {
  const line = complaint.split('\n').find((text) => /error|cannot find/.test(text)) ?? complaint.split('\n', 1)[0] ?? ''
  return line.replace(/^.*?(?=(fatal )?error:|cannot find)/, '').trim()
}
