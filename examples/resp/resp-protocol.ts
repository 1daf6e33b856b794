// One connection: requests in, replies out, in the order they came.
//
// A client may send many requests before it reads a reply. Where it does not read at all, the transport says so with
// `pauseWriting`: then no more of its requests are taken, and none are read, until `resumeWriting`.

import { Protocol, type Transport } from 'aioloop'
import { error, OK } from './replies.ts'
import { RequestError, RequestReader } from './request-reader.ts'
import type { Store } from './store.ts'

export class RespProtocol extends Protocol {
  readonly #store: Store
  readonly #requests = new RequestReader()
  #transport!: Transport
  #held = false
  /** The client sends no more: the last reply ends the connection. */
  #ended = false

  constructor(store: Store) {
    super()
    this.#store = store
  }

  override connectionMade(transport: Transport): void {
    this.#transport = transport
  }

  override dataReceived(bytes: Uint8Array): void {
    this.#requests.push(bytes)
    this.#answer()
  }

  override eofReceived(): unknown {
    this.#ended = true
    return this.#held
  }

  override pauseWriting(): void {
    this.#held = true
    this.#transport.pauseReading()
  }

  override resumeWriting(): void {
    this.#held = false
    this.#transport.resumeReading()
    this.#answer()
    if (this.#ended && !this.#held) this.#transport.close()
  }

  #answer(): void {
    try {
      while (!this.#held && !this.#transport.isClosing()) {
        const request = this.#requests.next()
        if (request === undefined) return
        if (String(request[0]).toUpperCase() === 'QUIT') {
          this.#transport.write(OK)
          this.#transport.close()
        } else {
          this.#transport.write(this.#store.answer(request))
        }
      }
    } catch (problem) {
      if (!(problem instanceof RequestError)) throw problem
      this.#transport.write(error(`Protocol error: ${problem.message}`))
      this.#transport.close()
    }
  }
}
