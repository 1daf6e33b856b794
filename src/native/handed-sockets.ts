/**
 * Connections of a native loop that a socket of node:net has taken over (for Node's TLS, which reads and writes it without
 * JavaScript then). They stay the loop's: one that stops keeps no process alive for them, one that closes closes them.
 */
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { nodeModule } from '../loop/node-module.ts'

export class HandedSockets {
  readonly #sockets = new Set<Socket>()
  #alive = true

  /** Takes ownership of `fd`, also when nothing can be made of it. */
  take(fd: number): Socket | undefined {
    if (fd < 0) return undefined
    const socket = socketOf(fd)
    if (socket === undefined) return undefined
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (!this.#alive) socket.unref()
    return socket
  }

  /** The loop runs, or does not. */
  keepAlive(alive: boolean): void {
    this.#alive = alive
    for (const socket of this.#sockets) socket[alive ? 'ref' : 'unref']()
  }

  /** The loop is closed. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }
}

function socketOf(fd: number): Socket | undefined {
  try {
    // Without `manualStart` it would read at once.
    const options = { fd, readable: true, writable: true, allowHalfOpen: true, manualStart: true }
    return new (nodeModule('node:net').Socket)(options)
  } catch {
    // Neither TCP nor a Unix socket.
    closeSync(fd)
    return undefined
  }
}
