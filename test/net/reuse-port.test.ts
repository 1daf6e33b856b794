/** Several processes that serve one port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { root } from '../lifecycle/program.ts'

/** Tells everyone who connects its process id. Says its port, and ends with its input. */
const SERVER = `
import { getRunningLoop, Protocol, run } from 'aioloop'
class Teller extends Protocol {
  connectionMade(transport) {
    transport.write(Buffer.from(String(process.pid)))
    transport.close()
  }
}
await run(async () => {
  const server = await getRunningLoop().createServer(() => new Teller(), '127.0.0.1', Number(process.argv[1]), { reusePort: true })
  console.log(server.port)
  for await (const _ of process.stdin) ;
  server.close()
  await server.waitClosed()
})
process.exit(0)
`
/** The system spreads them by their addresses: that one of two gets none of so many is out of question. */
const CLIENTS = 100

const servers: ChildProcess[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.kill('SIGKILL')
})

async function serve(port: number): Promise<readonly [ChildProcess, number]> {
  const server = spawn(process.execPath, ['--input-type=module', '-e', SERVER, String(port)], {
    cwd: root,
    env: { ...process.env, AIOLOOP_LOOP: 'native', NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  servers.push(server)
  const [line] = await once(createInterface({ input: server.stdout as Readable }), 'line')
  return [server, Number(line)]
}

async function whoAnswers(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  const [bytes] = await once(socket, 'data')
  socket.destroy()
  return Number(String(bytes))
}

async function answerers(port: number): Promise<Set<number>> {
  const all = new Set<number>()
  for (let at = 0; at < CLIENTS; at++) all.add(await whoAnswers(port))
  return all
}

test('connections to one port are spread over the processes, and go to those that are left', async () => {
  const [first, port] = await serve(0)
  const [second] = await serve(port)
  expect(await answerers(port)).toEqual(new Set([first.pid, second.pid]))
  first.stdin?.end()
  await once(first, 'exit')
  expect(await answerers(port)).toEqual(new Set([second.pid]))
})
