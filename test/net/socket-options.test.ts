/** What the system says of our sockets, asked by a program that is handed them. */
import { spawnSync } from 'node:child_process'
import { getRunningLoop, Protocol, type Transport } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { portOf } from '../contract/net-lab.ts'
import { environmentOfTools, tool } from '../hosts/tools.ts'
import { netLoops } from './loops.ts'

/** Prints TCP_NODELAY and SO_KEEPALIVE of descriptor 3. */
const ASK = `
import socket
asked = socket.socket(fileno=3)
print(bool(asked.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)), bool(asked.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)))
`

function optionsOf(transport: Transport): string {
  const fd = transport.getExtraInfo('fd') as number
  const { stdout } = spawnSync('python3', ['-c', ASK], {
    stdio: ['ignore', 'pipe', 'inherit', fd],
    env: environmentOfTools(),
  })
  return String(stdout).trim()
}

describe.each(netLoops)('sockets of the $name loop', (loop) => {
  test('send without delay by default, on both ends', async (context) => {
    if (tool('python3', '--version') === undefined) return context.skip('needs python3')
    await loop.run(async () => {
      const here = getRunningLoop()
      const accepted = here.createFuture<Transport>()
      class Accepted extends Protocol {
        override connectionMade(transport: Transport): void {
          accepted.setResult(transport)
        }
      }
      const server = await here.createServer(() => new Accepted(), '127.0.0.1', 0)
      const [client] = await here.createConnection(() => new Protocol(), '127.0.0.1', portOf(server))
      const peer = await accepted
      expect(optionsOf(client)).toBe('True False')
      expect(optionsOf(peer)).toBe('True False')
      client.getExtraInfo('socket')?.setNoDelay(false)
      client.getExtraInfo('socket')?.setKeepAlive(true, 60_000)
      expect(optionsOf(client)).toBe('False True')
      client.close()
      server.closeClients()
      server.close()
      await server.waitClosed()
    })
  })
})
