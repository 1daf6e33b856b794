/**
 * The RESP server of the examples on node:net: the same requests, store and replies. What one piece of input is answered
 * with leaves in one write (cork), and a client that does not read is not read from. Prints its port; ends with its input.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { error, OK } from '../../examples/resp/replies.ts'
import { RequestError, RequestReader } from '../../examples/resp/request-reader.ts'
import type { Store } from '../../examples/resp/store.ts'
import { filledStore, insideStore } from './resp-surroundings.ts'

class Connection {
  readonly #socket: Socket
  readonly #store: Store
  readonly #requests = new RequestReader()
  #held = false

  constructor(socket: Socket, store: Store) {
    this.#socket = socket
    this.#store = store
    socket.on('data', (bytes) => {
      this.#requests.push(bytes)
      this.#answer()
    })
    socket.on('drain', () => {
      this.#held = false
      socket.resume()
      this.#answer()
    })
    socket.on('error', () => socket.destroy())
  }

  #answer(): void {
    this.#socket.cork()
    try {
      while (!this.#held && this.#socket.writable) {
        const request = this.#requests.next()
        if (request === undefined) return
        if (String(request[0]).toUpperCase() === 'QUIT') this.#socket.end(OK)
        else this.#held = !this.#socket.write(this.#store.answer(request))
      }
      if (this.#held) this.#socket.pause()
    } catch (problem) {
      if (!(problem instanceof RequestError)) throw problem
      this.#socket.end(error(`Protocol error: ${problem.message}`))
    } finally {
      this.#socket.uncork()
    }
  }
}

insideStore(() => {
  const store = filledStore()
  const server = createServer({ noDelay: true }, (socket) => new Connection(socket, store))
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
})
