/** Servers on fire, small; test/soak has the full sizes. */
import { beforeAll, describe, test } from 'vitest'
import { ensureBuilt } from '../lifecycle/program.ts'
import { exhaust } from './exhaust.ts'
import { bulkBesidePings, bulkBothWays, closeInTraffic, manyConnections, storm } from './fire.ts'
import { inherit } from './inherited.ts'
import { netLoops } from './loops.ts'

beforeAll(ensureBuilt, 180_000)

describe.each(netLoops)('on the $name loop', (loop) => {
  test('three hundred connections stay open and answer', () => loop.run(() => manyConnections(300)))

  test('megabytes pass through one connection in both directions at once, in bounded memory', () =>
    loop.run(() => bulkBothWays(24 << 20)))

  test('a storm of clients that come and go leaves nothing open', () => loop.run(() => storm(600)))

  test.each(['abort', 'close', 'grace'] as const)('a server ends in the middle of traffic: %s', (how) =>
    loop.run(() => closeInTraffic(10, how)),
  )

  test('pings come back beside a client that moves bulk', () => loop.run(() => bulkBesidePings(100, 20)))

  test('a program takes over the sockets that it is handed', async (context) => {
    if (process.platform === 'win32') return context.skip('needs Linux or macOS')
    await inherit(loop.name)
  })

  test('a server whose process ran out of descriptors says so, and takes clients again', async (context) => {
    if (process.platform === 'win32') return context.skip('needs Linux or macOS')
    await exhaust(loop.name)
  })
})
