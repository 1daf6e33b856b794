/** A program that is handed its sockets, as service managers do: by descriptors that are open when it starts. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { expect } from 'vitest'
import { root } from '../lifecycle/program.ts'

/** Echoes on what it was handed: 3 listens, 4 is connected, 5 and 6 are of UDP, the latter connected. Ends with its input. */
const PROGRAM = `
import { DatagramProtocol, getRunningLoop, loopInfo, Protocol, run } from 'aioloop'
class Echo extends Protocol {
  connectionMade(transport) { this.transport = transport }
  dataReceived(bytes) { this.transport.write(bytes) }
}
class Datagrams extends DatagramProtocol {
  connectionMade(transport) { this.transport = transport }
  datagramReceived(bytes, from) { this.transport.sendto(bytes, from) }
}
await run(async () => {
  const loop = getRunningLoop()
  const server = await loop.createServer(() => new Echo(), null, null, { fd: 3 })
  const [connected] = await loop.createConnection(() => new Echo(), null, null, { fd: 4 })
  const transports = [connected]
  if (loop.capabilities.datagramFd) {
    const [bound] = await loop.createDatagramEndpoint(() => new Datagrams(), { fd: 5 })
    const [paired] = await loop.createDatagramEndpoint(() => new Datagrams(), { fd: 6 })
    transports.push(bound, paired)
    paired.sendto(Buffer.from(JSON.stringify([bound, paired].map((one) => one.getExtraInfo('peername')?.port ?? 0))))
  }
  console.log(loopInfo().loop, server.port, connected.getExtraInfo('peername').port)
  for await (const _ of process.stdin) ;
  server.close()
  server.closeClients()
  for (const transport of transports) transport.close()
  await server.waitClosed()
})
console.log('ended')
process.exit(0)
`

const descriptorOf = (holder: object): number => (holder as { _handle: { fd: number } })._handle.fd

export async function inherit(loop: string): Promise<void> {
  const listening = createServer().listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  const accepting = createServer().listen(0, '127.0.0.1')
  await once(accepting, 'listening')
  const ours = connect((accepting.address() as AddressInfo).port, '127.0.0.1')
  const [theirs] = (await once(accepting, 'connection')) as [Socket]
  theirs.pause()
  const [bound, paired, peer] = [createSocket('udp4'), createSocket('udp4'), createSocket('udp4')]
  for (const socket of [bound, paired, peer]) {
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  }
  paired.connect(peer.address().port, '127.0.0.1')
  await once(paired, 'connect')
  listen(peer)
  const fds = [descriptorOf(listening), descriptorOf(theirs), udpDescriptor(bound), udpDescriptor(paired)]
  const env = { ...process.env, AIOLOOP_LOOP: loop, NODE_OPTIONS: '' }
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    cwd: root,
    env,
    stdio: ['pipe', 'pipe', 'inherit', ...fds],
  })
  const ports = [bound.address().port, paired.address().port]
  try {
    const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]()
    const told = String((await lines.next()).value).split(' ')
    expect(told).toEqual([loop, String(port), String(ours.localPort)])
    // From here on they are the program's alone.
    listening.close()
    theirs.destroy()
    bound.close()
    paired.close()
    expect(await echoed(ours)).toBe('ping')
    expect(await echoed(connect(port, '127.0.0.1'))).toBe('ping')
    if (loop === 'native') {
      const [first] = await received(peer)
      expect(JSON.parse(first)).toEqual([0, peer.address().port])
      for (const to of ports) {
        peer.send('ping', to, '127.0.0.1')
        expect(await received(peer)).toEqual(['ping', to])
      }
    }
    child.stdin?.end()
    expect((await lines.next()).value).toBe('ended')
  } finally {
    child.kill('SIGKILL')
    ours.destroy()
    accepting.close()
    peer.close()
  }
}

function udpDescriptor(socket: object): number {
  const state = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol')
  if (state === undefined) throw new Error('this Node keeps the handle of a UDP socket somewhere else')
  return (socket as Record<symbol, { handle: { fd: number } }>)[state]?.handle.fd as number
}

async function echoed(socket: Socket): Promise<string> {
  socket.write('ping')
  const [bytes] = await once(socket, 'data')
  socket.destroy()
  return String(bytes)
}

const inbox = new WeakMap<object, [string, number][]>()

function listen(socket: ReturnType<typeof createSocket>): void {
  const came: [string, number][] = []
  inbox.set(socket, came)
  socket.on('message', (bytes, from) => came.push([String(bytes), from.port]))
}

/** The next datagram, and the port that it came from. */
async function received(socket: object): Promise<[string, number]> {
  const came = inbox.get(socket) ?? []
  while (came.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  return came.shift() as [string, number]
}
