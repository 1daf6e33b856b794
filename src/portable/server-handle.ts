/**
 * The part of node:net that its documentation leaves out and a listener needs: a socket that is bound before it listens.
 * Node and Deno have it; where it is missing the portable loop has no streams.
 */
import type { Server } from 'node:net'
import { nodeModule } from '../loop/node-module.ts'

/** A libuv handle as node:net holds one. Numbers are libuv's codes, 0 for success. */
export interface ServerHandle {
  readonly fd?: number
  getsockname?(out: object): number
  listen(backlog: number): number
  close(): void
}

type CreateServerHandle = (
  address: string | null,
  port: number,
  addressType: number,
  fd: number | undefined,
  flags?: number,
) => ServerHandle | number

/** True where `createServerHandle` works; asked without loading node:net. */
export const hasServerHandles = process.versions.bun === undefined

/** A bound handle, or libuv's code for why there is none. Port and type of -1 are those of a path. */
export const createServerHandle: CreateServerHandle = (...args) =>
  (nodeModule('node:net') as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle(...args)

/** `server.listen(handle)` in its documented form would open the descriptor of a Unix socket a second time. */
export function listenOn(server: Server, handle: ServerHandle, backlog: number): void {
  const inside = server as unknown as { _handle: ServerHandle; _listen2: ListenOnHandle }
  inside._handle = handle
  inside._listen2(null, -1, -1, backlog, undefined)
}

type ListenOnHandle = (address: null, port: number, addressType: number, backlog: number, fd: undefined) => void
