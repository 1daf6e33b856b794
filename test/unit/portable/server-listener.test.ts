/** A paused listener of the portable loop: node:net goes on accepting, and what is accepted must not pile up. */
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { RawStream } from '../../../src/loop/io/stream-io.ts'
import type { SocketAddress } from '../../../src/loop/io/system.ts'
import type { Ready } from '../../../src/loop/ready.ts'
import { PortableStreams } from '../../../src/portable/portable-streams.ts'

const LOCAL = { address: '127.0.0.1', port: 0, family: 'IPv4' } as const
const BIND = { reuseAddress: true, reusePort: false, ipv6Only: false }

test('while paused as many clients are kept as the system would keep, and the others turned away', async () => {
  const entries: Ready[] = []
  const streams = new PortableStreams({ post: (entry) => entries.push(entry) })
  const came: RawStream[] = []
  const listener = streams.bindTcp(LOCAL, BIND, {
    accepted: (stream) => void came.push(stream),
    failed() {},
    closed() {},
  })
  const run = (): void => {
    for (let entry = entries.shift(); entry !== undefined; entry = entries.shift()) entry.run()
  }
  const until = async (so: () => boolean): Promise<void> => {
    while (!so()) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  listener.listen(5)
  listener.pause()
  const { port } = listener.localName() as SocketAddress
  let away = 0
  const clients: Socket[] = []
  // One after another: the system itself keeps five at a time waiting.
  const client = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {}).resume()
    socket.once('close', () => away++)
    clients.push(socket)
    await new Promise((resolve) => {
      socket.once('connect', resolve)
      socket.once('close', resolve)
    })
  }
  for (let i = 0; i < 20; i++) await client()
  await until(() => away === 15)
  run()
  expect(came).toEqual([])

  // Those that were kept come when it goes on, and then there is room again.
  listener.resume()
  run()
  expect(came).toHaveLength(5)
  await client()
  await until(() => {
    run()
    return came.length === 6
  })
  expect(away).toBe(15)
  for (const stream of came) stream.close()
  listener.close()
  for (const socket of clients) socket.destroy()
})
