/**
 * As much of HTTP/1.1 as curl needs to be content: GET /bytes/N gives N bytes, POST anything gives the length and the hash
 * of its body. Connections are kept, and a body that is announced is asked for.
 */
import { createHash } from 'node:crypto'
import { Protocol, type Transport } from 'aioloop'

const NOTHING = Buffer.alloc(0)

interface Body {
  readonly length: number
  left: number
  readonly hash: ReturnType<typeof createHash>
  /** The connection ends with this request. */
  readonly last: boolean
}

export class HttpProtocol extends Protocol {
  #transport!: Transport
  #pending: Buffer = NOTHING
  #body: Body | undefined

  override connectionMade(transport: Transport): void {
    this.#transport = transport
  }

  override dataReceived(bytes: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, bytes])
    while (this.#step() && !this.#transport.isClosing()) {}
  }

  /** One head or one piece of a body; false when more bytes are needed. */
  #step(): boolean {
    if (this.#body !== undefined) return this.#takeBody(this.#body)
    const end = this.#pending.indexOf('\r\n\r\n')
    if (end < 0) return false
    const head = this.#pending.toString('latin1', 0, end)
    this.#pending = this.#pending.subarray(end + 4)
    const last = /^connection: *close/im.test(head)
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    const size = /^GET (?:https?:\/\/[^/]*)?\/bytes\/(\d+) HTTP\/1\.1/.exec(head)?.[1]
    if (size !== undefined) this.#reply(200, Buffer.alloc(Number(size), 'bytes '), last)
    else if (!head.startsWith('POST ')) this.#reply(404, NOTHING, last)
    else {
      if (/^expect: *100-continue/im.test(head)) this.#transport.write(Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'))
      this.#body = { left: length, length, hash: createHash('sha256'), last }
    }
    return true
  }

  #takeBody(body: Body): boolean {
    const piece = this.#pending.subarray(0, body.left)
    this.#pending = this.#pending.subarray(piece.length)
    body.hash.update(piece)
    body.left -= piece.length
    if (body.left > 0) return false
    this.#body = undefined
    this.#reply(200, Buffer.from(`${body.length} ${body.hash.digest('hex')}`), body.last)
    return true
  }

  #reply(status: number, body: Buffer, last: boolean): void {
    const connection = last ? 'close' : 'keep-alive'
    const head = `HTTP/1.1 ${status} -\r\nContent-Length: ${body.length}\r\nConnection: ${connection}\r\n\r\n`
    this.#transport.writelines([Buffer.from(head), body])
    if (last) this.#transport.close()
  }
}
