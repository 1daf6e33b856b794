/**
 * Two ends of a connection send one message to and fro. Prints by how many bytes the heap grows with each message, for
 * protocols that are given views (`viewing`, the argument) or those that have memory of their own (`filling`).
 */
import {
  BufferedProtocol,
  getRunningLoop,
  Protocol,
  run,
  type StreamProtocol,
  type Transport,
} from '../../../../src/index.ts'

const SIZE = 1024
const WARM = 20_000
/** So few that nothing is collected meanwhile. */
const COUNTED = 1_000

const ball = Buffer.alloc(SIZE, 'x')
let left = 0
let over: (() => void) | undefined

function play(transport: Transport, messages: number): Promise<void> {
  left = messages
  transport.write(ball)
  return new Promise((resolve) => {
    over = resolve
  })
}

/** What both kinds do: all of a message is awaited, and another is sent for it. */
class Player {
  readonly transport: Transport
  #missing = SIZE

  constructor(transport: Transport) {
    this.transport = transport
  }

  took(count: number): void {
    this.#missing -= count
    if (this.#missing > 0) return
    this.#missing = SIZE
    if (--left > 0) this.transport.write(ball)
    else over?.()
  }
}

class Viewing extends Protocol {
  player!: Player

  override connectionMade(transport: Transport): void {
    this.player = new Player(transport)
  }
  override dataReceived(data: Uint8Array): void {
    this.player.took(data.length)
  }
}

class Filling extends BufferedProtocol {
  readonly #memory = Buffer.alloc(SIZE)
  player!: Player

  override connectionMade(transport: Transport): void {
    this.player = new Player(transport)
  }
  override getBuffer(): Uint8Array {
    return this.#memory
  }
  override bufferUpdated(count: number): void {
    this.player.took(count)
  }
}

async function grown(factory: () => StreamProtocol): Promise<number> {
  const loop = getRunningLoop()
  const server = await loop.createServer(factory, '127.0.0.1', 0)
  const [transport] = await loop.createConnection(factory, '127.0.0.1', server.port as number)
  await play(transport as Transport, WARM)
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  await play(transport as Transport, COUNTED)
  const bytes = (process.memoryUsage().heapUsed - before) / COUNTED
  transport.close()
  server.close()
  server.closeClients()
  await server.waitClosed()
  return bytes
}

await run(async () => {
  console.log(await grown(process.argv[2] === 'viewing' ? () => new Viewing() : () => new Filling()))
})
