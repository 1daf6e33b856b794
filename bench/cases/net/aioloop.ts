/** Echo servers on aioloop: by protocol, by buffered protocol and by streams. */
import type { StreamReader, StreamWriter, Transport } from 'aioloop'
import type { Program } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
import { loaded } from './load-cases.ts'

const { BufferedProtocol, getRunningLoop, Protocol, startServer } = await import('aioloop')

const HOST = '127.0.0.1'
const options = { backlog: 1024 }

class Echo extends Protocol {
  #transport: Transport | undefined

  override connectionMade(transport: Transport): void {
    this.#transport = transport
  }

  override dataReceived(data: Uint8Array): void {
    this.#transport?.write(data)
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

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for (;;) {
    const data = await reader.read(65_536)
    if (data.length === 0) break
    writer.write(data)
    await writer.drain()
  }
  writer.close()
}

const byProtocol = async () => (await getRunningLoop().createServer(() => new Echo(), HOST, 0, options)).port as number
const byBuffer = async () =>
  (await getRunningLoop().createServer(() => new BufferedEcho(), HOST, 0, options)).port as number
const byStreams = async () => (await startServer(echo, HOST, 0, options)).port as number

export const program: Program = {
  enter: enterAioloop,
  about: aboutAioloop,
  cases: {
    ...loaded(byProtocol, 'protocol'),
    ...loaded(byBuffer, 'buffered'),
    ...loaded(byStreams, 'streams'),
  },
}
