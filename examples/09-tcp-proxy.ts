// A TCP proxy with protocols. The slower side holds the faster one back: `pauseWriting` of one pauses reading at the other.

import { getRunningLoop, openConnection, Protocol, run, startServer, type Transport } from 'aioloop'

class Side extends Protocol {
  transport: Transport | undefined
  other: Side | undefined
  override connectionMade(transport: Transport): void {
    this.transport = transport
  }
  override dataReceived(data: Uint8Array): void {
    this.other?.transport?.write(data)
  }
  override eofReceived(): boolean {
    this.other?.transport?.writeEof()
    return true
  }
  override connectionLost(): void {
    this.other?.transport?.close()
  }
  override pauseWriting(): void {
    this.other?.transport?.pauseReading()
  }
  override resumeWriting(): void {
    this.other?.transport?.resumeReading()
  }
}

// Holds its client back until the other side is connected.
class Front extends Side {
  port = 0
  override connectionMade(transport: Transport): void {
    super.connectionMade(transport)
    transport.pauseReading()
    const connecting = getRunningLoop().createTask(async () => {
      const [back, side] = await getRunningLoop().createConnection(() => new Side(), '127.0.0.1', this.port)
      ;[this.other, side.other] = [side, this]
      // The client may have gone meanwhile.
      transport.isClosing() ? back.close() : transport.resumeReading()
    })
    // Nobody at the target: the client's connection ends.
    connecting.addDoneCallback(() => void (connecting.exception() && transport.abort()))
  }
}

await run(async () => {
  const target = await startServer(async (reader, writer) => void writer.write(await reader.read()), '127.0.0.1', 0)
  const front = () => Object.assign(new Front(), { port: target.port })
  const proxy = await getRunningLoop().createServer(front, '127.0.0.1', 0)
  const [reader, writer] = await openConnection('127.0.0.1', proxy.port)
  writer.write(Buffer.alloc(1_000_000, 'x'))
  writer.writeEof()
  console.log('back through the proxy:', (await reader.readexactly(1_000_000)).length)
  for (const server of [proxy, target]) server.close()
  writer.transport.abort()
})

// Prints:
//   back through the proxy: 1000000
