/** Servers on aioloop by protocols: echo plain and with memory of one's own, and the two directions of bulk. */
import type { Address, DatagramTransport, StreamProtocol, Transport } from 'aioloop'
import { identity } from './identity.ts'
import type { Serve } from './load-cases.ts'
import type { Load } from './load-process.ts'
import { addressOf, BACKLOG, HOST, unixPath } from './places.ts'

const { BufferedProtocol, DatagramProtocol, getRunningLoop, Protocol } = await import('aioloop')

class Connected extends Protocol {
  protected transport: Transport | undefined

  override connectionMade(transport: Transport): void {
    this.transport = transport
  }
}

class Echo extends Connected {
  override dataReceived(data: Uint8Array): void {
    this.transport?.write(data)
  }
}

class BufferedEcho extends BufferedProtocol {
  readonly #memory = Buffer.allocUnsafeSlow(65_536)
  #transport: Transport | undefined

  override connectionMade(transport: Transport): void {
    this.#transport = transport
  }

  override getBuffer(): Uint8Array {
    return this.#memory
  }

  override bufferUpdated(count: number): void {
    this.#transport?.write(this.#memory.subarray(0, count))
  }
}

class Sink extends Connected {
  override dataReceived(_data: Uint8Array): void {}
}

class Source extends Connected {
  readonly #block: Buffer

  constructor(size: number) {
    super()
    this.#block = Buffer.alloc(size, 'x')
  }

  override dataReceived(data: Uint8Array): void {
    for (let left = data.length; left > 0; left--) this.transport?.write(this.#block)
  }
}

class DatagramEcho extends DatagramProtocol {
  #transport: DatagramTransport | undefined

  override connectionMade(transport: DatagramTransport): void {
    this.#transport = transport
  }

  override datagramReceived(data: Uint8Array, from: Address): void {
    this.#transport?.sendto(data, from)
  }
}

async function listen(load: Load, factory: () => StreamProtocol): Promise<string> {
  const loop = getRunningLoop()
  const options = { backlog: BACKLOG, ...(load.over === 'tls' && { ssl: identity() }) }
  if (load.over === 'unix') {
    await loop.createUnixServer(factory, unixPath, options)
    return addressOf(load, 0)
  }
  return addressOf(load, (await loop.createServer(factory, HOST, 0, options)).port)
}

export const byProtocol: Serve = (load) => {
  if (load.serves === 'receive') return listen(load, () => new Sink())
  if (load.serves === 'send') return listen(load, () => new Source(load.size))
  return listen(load, () => new Echo())
}

export const byBuffer: Serve = (load) => listen(load, () => new BufferedEcho())

export const byDatagram: Serve = async (load) => {
  const localAddr = { address: HOST, port: 0 }
  const [transport] = await getRunningLoop().createDatagramEndpoint(() => new DatagramEcho(), { localAddr })
  const name = transport.getExtraInfo('sockname')
  return addressOf(load, typeof name === 'object' ? name.port : 0)
}
