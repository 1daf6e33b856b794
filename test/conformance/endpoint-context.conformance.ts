/** uvloop's test_context: what a datagram endpoint calls runs in the context in which the endpoint was made. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createSocket } from 'node:dgram'
import { type Address, DatagramProtocol, type DatagramTransport, getRunningLoop, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'

const store = new AsyncLocalStorage<string>()

class Looker extends DatagramProtocol {
  readonly seen: Record<string, unknown> = {}
  transport: DatagramTransport | undefined

  override connectionMade(transport: DatagramTransport): void {
    this.transport = transport
    this.seen.made = store.getStore()
  }

  override datagramReceived(): void {
    this.seen.data = store.getStore()
  }

  override connectionLost(): void {
    this.seen.lost = store.getStore()
  }

  async has(call: string): Promise<void> {
    while (!(call in this.seen)) await sleep(1)
  }
}

export function endpointContextConformance(harness: Harness): void {
  const probe = harness.newLoop()
  const { datagram } = probe.capabilities
  probe.close()
  if (!datagram) return
  describe('the context of a datagram endpoint', () => {
    const lab = openLab(harness)

    test('its protocol is called in it from beginning to end, also by a close from another', async () => {
      const outside = createSocket('udp4')
      try {
        await store.run('outer', () =>
          lab.run(async () => {
            const loop = getRunningLoop()
            const localAddr = { address: '127.0.0.1', port: 0 }
            const [transport, protocol] = await store.run('inner', () =>
              loop.createDatagramEndpoint(() => new Looker(), { localAddr }),
            )
            const { port } = transport.getExtraInfo('sockname') as Address
            // Datagrams may get lost.
            while (!('data' in protocol.seen)) {
              outside.send('data', port, '127.0.0.1')
              await sleep(5)
            }
            store.run('closing', () => loop.callSoon(() => protocol.transport?.close()))
            await protocol.has('lost')
            expect(protocol.seen).toEqual({ made: 'inner', data: 'inner', lost: 'inner' })
          }),
        )
      } finally {
        outside.close()
      }
    })
  })
}
