/** The socket under TLS: Node's own TLS has it, and it is the loop's all the same. */
import { readFileSync } from 'node:fs'
import { type EventLoop, getRunningLoop, Protocol, sleep, type Transport } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { closeAll, descriptorsBackTo, hasStreams, openDescriptors, outsider, portOf, Recorder } from './net-lab.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
const ca = pem('ca.pem')
const identity = { key: pem('server.key'), cert: pem('server.pem') }

/** Both ends of a connection with TLS, and their server. */
async function pairOn(loop: EventLoop) {
  const accepted: Recorder[] = []
  const make = (): Recorder => {
    const peer = new Recorder()
    accepted.push(peer)
    return peer
  }
  const server = await loop.createServer(make, '127.0.0.1', 0, { ssl: identity })
  const [, client] = await loop.createConnection(() => new Recorder(), '127.0.0.1', portOf(server), { ssl: { ca } })
  while (accepted[0]?.transport === undefined) await sleep(1)
  return { server, client, peer: accepted[0] }
}

/** Each writes a little, again and again; gives what each wrote in all. */
function takeTurns(transports: readonly Transport[]): string[] {
  const texts = transports.map(() => '')
  for (let i = 0; i < 500; i++) {
    for (const [at, transport] of transports.entries()) {
      const text = `${at}:${i};`.repeat(i % 7)
      texts[at] += text
      transport.write(Buffer.from(text))
    }
  }
  return texts
}

export function tlsSocketsContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('the socket under TLS', () => {
    const lab = openLab(harness)

    test('can be looked at and tuned, and is gone with its transport', () =>
      lab.run(async () => {
        const { server, client, peer } = await pairOn(getRunningLoop())
        for (const { transport } of [client, peer]) {
          const socket = transport.getExtraInfo('socket')
          if (process.platform !== 'win32') expect(socket?.fd).toBeGreaterThan(0)
          expect(transport.getExtraInfo('fd')).toBe(socket?.fd)
          expect(socket?.family).toBe('IPv4')
          socket?.setNoDelay(false)
          socket?.setKeepAlive(true, 60_000)
        }
        await closeAll(server, client, peer)
        expect([client, peer].map(({ transport }) => transport.getExtraInfo('fd'))).toEqual([-1, -1])
      }))

    test.each(['TLSv1.2', 'TLSv1.3'] as const)('what was written may be changed at once: %s', (maxVersion) =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const accepted = loop.createFuture<Recorder>()
        const make = (): Recorder => {
          const peer = new Recorder()
          accepted.setResult(peer)
          return peer
        }
        const server = await loop.createServer(make, '127.0.0.1', 0, { ssl: { ...identity, maxVersion } })
        const [transport, client] = await loop.createConnection(() => new Recorder(), '127.0.0.1', portOf(server), {
          ssl: { ca },
        })
        const peer = await accepted
        const expected: Buffer[] = []
        // One by one, several in a turn, and behind what the system does not take.
        const sizes = [
          1, 1000, 16_384, 65_536, 65_537, 300_000, 2_000_000, 7, 60_000, 65_536, 65_536, 65_536, 300_000, 3,
        ]
        for (const turns of [true, false]) {
          for (const [at, size] of sizes.entries()) {
            const bytes = Buffer.alloc(size, at + 1)
            expected.push(Buffer.from(bytes))
            transport.write(bytes)
            bytes.fill(0)
            if (turns) await sleep(0)
          }
        }
        const all = Buffer.concat(expected)
        await peer.when(() => peer.pieces.reduce((sum, { length }) => sum + length, 0) === all.length)
        expect(peer.bytes.equals(all)).toBe(true)
        await closeAll(server, client, peer)
      }),
    )

    test('the writes of two streams that take turns stay apart, and the end comes behind them', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const pairs = [await pairOn(loop), await pairOn(loop)] as const
        const texts = takeTurns(pairs.map(({ client }) => client.transport))
        for (const { client } of pairs) client.transport.close()
        await Promise.all(pairs.flatMap(({ client, peer }) => [client.whenLost(), peer.whenLost()]))
        expect(pairs.map(({ peer }) => peer.text)).toEqual(texts)
        for (const { server, client, peer } of pairs) await closeAll(server, client, peer)
      }))

    test('goes on when its loop has stopped and runs again', async () => {
      const loop = lab.newLoop()
      const { server, client, peer } = await loop.runUntilComplete(() => pairOn(loop))
      client.transport.write(Buffer.from('written while it stood still'))
      await loop.runUntilComplete(async () => {
        await peer.when(() => peer.text === 'written while it stood still')
        peer.transport.write(Buffer.from('and answered'))
        await client.when(() => client.text === 'and answered')
        await closeAll(server, client, peer)
      })
    })

    test('is closed with its loop, in the handshake and after it', async () => {
      const before = openDescriptors()
      const loop = lab.newLoop()
      const stranger = await loop.runUntilComplete(async () => {
        const { server } = await pairOn(loop)
        const silent = await outsider(portOf(server))
        const handshakes = await loop.createServer(() => new Protocol(), '127.0.0.1', 0)
        // As the client of somebody who says nothing.
        loop
          .createTask(async () => {
            const options = { ssl: true, serverHostname: '' } as const
            await loop.createConnection(() => new Protocol(), '127.0.0.1', portOf(handshakes), options)
          })
          .addDoneCallback(() => {})
        await sleep(5)
        return silent
      })
      loop.close()
      // Of the task that was connecting.
      expect(lab.takeReports().length).toBe(1)
      const gone = new Promise((resolve) => stranger.once('close', resolve))
      stranger.destroy()
      await gone
      expect(await descriptorsBackTo(before)).toBe(true)
    })
  })
}
