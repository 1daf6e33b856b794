/** A server in a process that may open few descriptors, and more clients than that. */
import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import { root } from '../lifecycle/program.ts'

const LIMIT = 80
const CLIENTS = 120

/**
 * Prints its port, then whatever it is told of; on a line of input it connects to itself five times and prints how that
 * went. Once would not do: the one descriptor left would be taken and given back for ever. All who come have room to wait:
 * with its queue full the system drops them, its own connections too, and tries for minutes.
 */
const SERVER = `
import { getRunningLoop, loopInfo, Protocol, run } from 'aioloop'
import { createInterface } from 'node:readline'
class Echo extends Protocol {
  connectionMade(transport) { this.transport = transport }
  dataReceived(bytes) { this.transport.write(bytes) }
}
await run(async () => {
  const loop = getRunningLoop()
  loop.setExceptionHandler((_, { exception }) => console.log('reported ' + exception.code))
  const server = await loop.createServer(() => new Echo(), '127.0.0.1', 0, { backlog: 2000 })
  const { port } = server.sockets[0].localName
  console.log(loopInfo().loop + ' ' + port)
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'end') break
    const connected = []
    try {
      for (let i = 0; i < 5; i++) {
        connected.push((await loop.createConnection(() => new Protocol(), '127.0.0.1', port))[0])
      }
      console.log('connected')
    } catch (error) {
      console.log('refused ' + error.code)
    }
    for (const transport of connected) transport.close()
  }
  server.close()
  server.abortClients()
  await server.waitClosed()
  console.log('closed')
})
process.exit(0)
`

export async function exhaust(loop: string): Promise<void> {
  const args = ['-c', `ulimit -n ${LIMIT}; exec "$0" "$@"`, process.execPath, '--input-type=module', '-e', SERVER]
  const env = { ...process.env, AIOLOOP_LOOP: loop, NODE_OPTIONS: '' }
  const child = spawn('/bin/sh', args, { cwd: root, env, stdio: ['pipe', 'pipe', 'inherit'] })
  const sockets: Socket[] = []
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const next = async (): Promise<string> => String((await lines.next()).value)
    let reports = 0
    /** The answer to a line of input, after what is reported of accepting. */
    const ask = async (line: string): Promise<string> => {
      child.stdin.write(`${line}\n`)
      for (;;) {
        const answer = await next()
        if (answer !== 'reported EMFILE') return answer
        reports++
      }
    }
    const [name, port] = (await next()).split(' ')
    expect(name).toBe(loop)
    let [answered, turnedAway] = [0, 0]
    const answers = Array.from({ length: CLIENTS }, () => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
      sockets.push(socket)
      socket.write('hello')
      return new Promise<void>((resolve) => {
        socket.once('data', () => {
          answered++
          resolve()
        })
        socket.once('close', () => {
          turnedAway++
          resolve()
        })
      })
    })
    // What it opens itself is refused.
    while ((await ask('connect')) !== 'refused EMFILE') await new Promise((resolve) => setTimeout(resolve, 5))
    if (loop === 'native') {
      // Those that it cannot take wait, and it says so.
      while (reports === 0) await ask('connect')
      expect(turnedAway).toBe(0)
      // Each that leaves makes room for one that waits.
      while (answered < CLIENTS) {
        for (const socket of sockets) if (socket.bytesRead > 0) socket.destroy()
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await Promise.all(answers)
      // Not more than once for each that was taken meanwhile.
      expect(reports).toBeLessThanOrEqual(CLIENTS)
    }
    for (const socket of sockets.splice(0)) socket.destroy()
    // A listener that was refused rests for a second at most; then it takes whoever waits.
    expect(await pinged(Number(port))).toBe('ping')
    expect(await ask('connect')).toBe('connected')
    expect(await ask('end')).toBe('closed')
  } finally {
    for (const socket of sockets) socket.destroy()
    child.kill('SIGKILL')
  }
}

/** What comes back for a ping, from a server that may still turn clients away. */
async function pinged(port: number): Promise<string> {
  for (;;) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write('ping')
    const answer = await new Promise<string | undefined>((resolve) => {
      socket.once('data', (bytes) => resolve(String(bytes)))
      socket.once('close', () => resolve(undefined))
    })
    socket.destroy()
    if (answer !== undefined) return answer
  }
}
