/**
 * The one door to the addon: decides before loading whether this runtime can bear it, loads it and compares the
 * memory layout of both sides. The only file that loads a `.node` file. Called by native-backend.ts, and by policy/ for the
 * reason when there is no native loop.
 *
 * Bun and Deno resolve `uv_*` names and then abort or crash in them, so they are refused before anything is loaded, and so
 * are a libuv of another major version and Electron, whose own loop drives Node's in a way that was never tried here. What
 * can go wrong later (no binary, `--permission`, another layout) is caught and becomes the reason.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SocketAddress } from '../loop/io/system.ts'
import { packageRoot, usualFile } from './addon-file.ts'
import { layoutMismatch } from './layout.ts'

export interface NativeLoopOptions {
  readonly standalone: boolean
  readonly submissionCapacity: number
  readonly completionCapacity: number
  /** The longest a `pump` may wait, in milliseconds; 0 is no limit. */
  readonly longestWait: number
}

/** native/binding/loop-object.h */
export interface NativeLoop {
  id(): number
  memory(): ArrayBuffer
  growSlots(count: number): ArrayBuffer
  start(): void
  stop(): void
  close(): void
  wake(): void
  drain(): void
  collect(): void
  pump(block: boolean): boolean
  /** native/binding/letters.cc: everything that arrived, of each its kind and size as words and its padded bytes. */
  takeLetters(): ArrayBuffer | undefined
  expectLetters(expected: boolean): void
  watchSignal(signum: number): void
  unwatchSignal(signum: number): void
  /** A signal is waited for: that alone keeps a running loop alive. */
  expectSignals(expected: boolean): void
  /** native/binding/lookup-methods.h */
  resolveAddress(host: string | null, service: string | null, family: number, flags: number): number
  resolveName(address: string, port: number, flags: number): number
  foundAddresses(id: number): SocketAddress[]
  foundName(id: number): [hostname: string, service: string]
  /** native/binding/watch-methods.h */
  watchFd(fd: number): number
  updateWatch(id: number, events: number): void
  closeWatch(id: number): void
  /** native/binding/datagram-methods.h */
  bindDatagram(
    flags: number,
    localAddress: string | undefined,
    localPort: number | undefined,
    remoteAddress: string | undefined,
    remotePort: number | undefined,
  ): number
  adoptDatagram(fd: number): number
  sendDatagram(id: number, bytes: Uint8Array, address: string | undefined, port: number | undefined): void
  datagramName(id: number, peer: boolean): SocketAddress | undefined
  datagramSource(offset: number): SocketAddress | undefined
  datagramDescriptor(id: number): number
  setMembership(id: number, group: string, iface: string | undefined, source: string | undefined, member: boolean): void
  setMulticastInterface(id: number, iface: string): void
  /** `option`: 0 ttl, 1 multicast ttl, 2 multicast loopback, 3 broadcast. */
  setDatagramOption(id: number, option: number, value: number): void

  // native/binding/stream-methods.h. Opening calls return an id.
  connectTcp(address: string, port: number, fromAddress: string | undefined, fromPort: number | undefined): number
  connectPipe(path: string): number
  /** `flags`: 1 reuse of the address, 2 of the port, 4 IPv6 only. */
  bindTcp(address: string, port: number, flags: number): number
  bindPipe(path: string): number
  adoptStream(fd: number): number
  adoptListener(fd: number): number
  listen(id: number, backlog: number): void
  /** Gives the id of the sending. `count` of 0 is all there is. */
  sendFile(id: number, fd: number, offset: number, count: number): number
  /** A function that writes to the stream whose id stands in the word `writeTo`. */
  writer(): (bytes: Uint8Array) => void
  descriptor(id: number): number
  /** A descriptor for another owner of the connection; -1 where there is none. */
  copyOfDescriptor(id: number): number
  localName(id: number): SocketAddress | string | undefined
  peerName(id: number): SocketAddress | string | undefined
  /** Put both names of a TCP stream into the header, from the word `localAddress` on. False when one is not IPv4, or missing. */
  ipv4Names(id: number): boolean
  setNoDelay(id: number, enabled: boolean): void
  setKeepAlive(id: number, enabled: boolean, seconds: number): void
  readSlab(): ArrayBuffer
  renewReadSlab(): ArrayBuffer
  sendSlab(): ArrayBuffer
  cells(chunk: number): ArrayBuffer
  /** native/binding/process-methods.h */
  spawn(
    file: string,
    args: readonly string[],
    env: readonly string[] | null,
    cwd: string | null,
    stdio: readonly number[],
    flags: number,
    uid: number,
    gid: number,
  ): [id: number, pid: number, ...descriptors: number[]]
  killChild(id: number, signum: number): void
}

/** native/binding/addon.cc */
export interface Binding {
  readonly Loop: new (options: NativeLoopOptions, turn: () => void) => NativeLoop
  /** The clock of every native loop: milliseconds with fractions, from the source of `process.hrtime`. */
  now(): number
  /** Wake the loop with this id, whatever thread it is on. False when it is closed. */
  wake(id: number): boolean
  /** Post bytes to a loop, in the name of another (0: nobody's). A PostResult of native/mailbox.h. */
  post(to: number, from: number, bytes: Uint8Array): number
  /** Loops of this environment that have not closed to the end. */
  openLoops(): number
}

export type LoadedBinding =
  | { readonly binding: Binding; readonly path: string; readonly reason?: undefined }
  | {
      readonly binding?: undefined
      readonly path?: undefined
      readonly reason: string
      /** This runtime is known not to bear the addon, which was not looked for. */
      readonly unfit?: boolean
    }

interface NodeGypBuild {
  path(root: string): string
}

const require = createRequire(import.meta.url)

let loaded: LoadedBinding | undefined

/** The addon, or why there is none. Decided once in each environment. */
export function loadBinding(): LoadedBinding {
  loaded ??= load()
  return loaded
}

function load(): LoadedBinding {
  const unfit = unfitRuntime(process.versions)
  if (unfit !== undefined) return { reason: unfit, unfit: true }
  const chosen = process.env.AIOLOOP_BINDING
  try {
    return loadAddon(chosen === undefined || chosen === '' ? builtAddon() : chosen)
  } catch (error) {
    return { reason: `the addon could not be loaded: ${explain(error)}` }
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'ERR_DLOPEN_DISABLED')
    return 'addons are not permitted here; --allow-addons permits them'
  if ('code' in error && error.code === 'ERR_ACCESS_DENIED' && 'resource' in error)
    return `reading ${error.resource} is not permitted here; --allow-fs-read permits it`
  return error.message.split('\n')[0] ?? error.message
}

/** Loads one file, whatever was loaded before. Throws what the runtime throws. */
export function loadAddon(path: string): LoadedBinding {
  const binding = require(path) as Binding & { readonly layout?: unknown }
  const mismatch = layoutMismatch(binding.layout)
  if (mismatch !== undefined)
    return { reason: `the addon ${path} was built for another version: ${mismatch}; install or build again` }
  return { binding, path }
}

/**
 * Source text of an expression that any thread of the process can evaluate, with nothing of this package loaded there: it
 * gives `wake(id)`, and the id of a loop of that thread's own, whose end tells of the thread's end (native/mailbox.h).
 */
export function wakerSource(path: string): string {
  const options = '{ standalone: false, submissionCapacity: 4, completionCapacity: 4, longestWait: 0 }'
  return `((path) => {
    const { Loop, wake } = process.getBuiltinModule('node:module').createRequire(path)(path)
    const loop = new Loop(${options}, () => {})
    return { wake, loop, id: loop.id() }
  })(${JSON.stringify(path)})`
}

/** The file that was built here, or came with the package. */
export function builtAddon(): string {
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)))
  return usualFile(root, process.env) ?? foundByNodeGypBuild(root)
}

/** The same file, found the slow way. */
export function foundByNodeGypBuild(root: string): string {
  return (require('node-gyp-build') as NodeGypBuild).path(root)
}

/** Why the addon must not be loaded into a runtime with these versions; undefined when it may. */
export function unfitRuntime(versions: Readonly<Record<string, string | undefined>>): string | undefined {
  if (versions.bun !== undefined) return 'Bun does not have the libuv that the addon needs'
  if (versions.deno !== undefined) return 'Deno does not have the libuv that the addon needs'
  if (versions.electron !== undefined) return 'the native loop has not been tried on the loop of Electron'
  if (versions.uv === undefined) return 'this runtime does not say which libuv it has'
  if (versions.uv.split('.')[0] !== '1') return `the addon is for libuv 1, and this is libuv ${versions.uv}`
  return undefined
}
