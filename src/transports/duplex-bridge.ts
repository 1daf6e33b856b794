/**
 * A transport as a Node `Duplex`: the protocol that stands between them. TLS runs on one, and `toDuplex` hands one to users.
 *
 * Flow control goes both ways: a Duplex that nobody reads pauses the transport, and a write is called back when the transport
 * is below its high-water mark. The Duplex ends when the peer does, and closes when the connection is lost.
 */
import type { Duplex } from 'node:stream'
import { LoopStateError } from '../base/errors.ts'
import type { Protocol } from '../loop/contract/protocol.ts'
import type { Transport } from '../loop/contract/transport.ts'

type Done = (error?: Error | null) => void

export class DuplexBridge implements Protocol {
  /** Who has the Duplex closes the transport: loop/unclosed-io.ts. */
  readonly handedOver = true
  readonly duplex: Duplex
  /** Told of all that comes and goes. */
  onTraffic: (() => void) | undefined
  /** Told last that the connection is gone. */
  onLost: ((error: unknown) => void) | undefined
  #transport: Transport | undefined
  #wanted = false
  #paused = false
  #lost = false
  #error: unknown
  /** A write that waits for the transport to take more. */
  #writing: Done | undefined
  #closing: Done | undefined

  /** With a transport, takes it over; else the transport comes with `connectionMade`. */
  constructor(transport?: Transport, allowHalfOpen = true) {
    const { Duplex } = process.getBuiltinModule('node:stream')
    this.duplex = new Duplex({
      allowHalfOpen,
      read: () => this.#read(),
      write: (chunk: Uint8Array, _encoding, done) => this.#write(chunk, done),
      final: (done) => this.#final(done),
      destroy: (error, done) => this.#destroy(error, done),
    })
    if (transport === undefined) return
    this.#transport = transport
    transport.pauseReading()
    transport.setProtocol(this)
  }

  /** Bytes that the transport has taken and the system has not. */
  get unsent(): number {
    return this.#transport?.getWriteBufferSize() ?? 0
  }

  /** What TLS writes comes through JavaScript, and so does a failure. */
  stalledAt(): undefined {
    return undefined
  }

  /** Close the connection now, whatever is unsent. */
  abort(): void {
    this.#transport?.abort()
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport
    if (!this.#wanted) transport.pauseReading()
  }

  dataReceived(data: Uint8Array): void {
    this.give(Buffer.from(data))
  }

  /** Bytes for whoever reads the Duplex, which keeps the memory. */
  give(bytes: Uint8Array): void {
    this.onTraffic?.()
    if (this.duplex.readableEnded || this.duplex.destroyed) return
    this.#wanted = this.duplex.push(bytes)
    if (!this.#wanted) this.#transport?.pauseReading()
  }

  eofReceived(): boolean {
    this.#end()
    return true
  }

  connectionLost(error: unknown): void {
    this.#lost = true
    this.#error = error
    const failure = error === undefined ? null : asError(error)
    const writing = this.#writing
    this.#writing = undefined
    writing?.(failure ?? broken())
    if (this.#closing !== undefined) this.#closing(failure)
    else if (failure !== null) this.duplex.destroy(failure)
    else if (this.duplex.writableFinished) this.#end()
    else {
      this.#end()
      this.duplex.destroy()
    }
    this.onLost?.(error)
  }

  pauseWriting(): void {
    this.#paused = true
  }

  resumeWriting(): void {
    this.#paused = false
    const writing = this.#writing
    this.#writing = undefined
    writing?.()
  }

  #end(): void {
    if (!this.duplex.readableEnded && !this.duplex.destroyed) this.duplex.push(null)
  }

  #read(): void {
    this.#wanted = true
    this.#transport?.resumeReading()
  }

  #write(chunk: Uint8Array, done: Done): void {
    const transport = this.#transport
    if (transport === undefined || this.#lost || transport.isClosing()) {
      done(this.#error === undefined ? broken() : asError(this.#error))
      return
    }
    this.onTraffic?.()
    transport.write(chunk)
    if (this.#paused) this.#writing = done
    else done()
  }

  #final(done: Done): void {
    const transport = this.#transport
    if (transport?.isClosing() === false && transport.canWriteEof()) transport.writeEof()
    done()
  }

  #destroy(error: Error | null, done: Done): void {
    if (this.#lost || this.#transport === undefined) {
      done(error)
      return
    }
    this.#closing = (failure) => done(error ?? failure ?? null)
    if (error === null) this.#transport.close()
    else this.#transport.abort()
  }
}

function broken(): Error {
  return Object.assign(new Error('write EPIPE: the connection is closed'), { code: 'EPIPE', syscall: 'write' })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new LoopStateError(`the connection was lost: ${String(error)}`)
}
