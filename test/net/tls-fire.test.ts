/** TLS on fire, small; test/soak has the full sizes. */
import { describe, test } from 'vitest'
import { netLoops } from './loops.ts'
import { brokenWires, bulkBothWays, bytewise, closeInTraffic, storm } from './tls-fire.ts'

describe.each(netLoops)('TLS on the $name loop', (loop) => {
  test('many clients whose bytes come one at a time', () => loop.run(() => bytewise(12)))

  test('a wire that breaks in the handshake', () => loop.run(() => brokenWires([1, 5, 100, 300, 550])))

  test('a wire that breaks in the middle of writing', () => loop.run(() => brokenWires([3000, 100_000, 3_000_000])))

  test('megabytes in both directions at once, in bounded memory', () => loop.run(() => bulkBothWays(16 << 20)))

  test('a storm of clients that come and go leaves nothing open', () => loop.run(() => storm(80)))

  test.each(['abort', 'close', 'grace'] as const)('a server ends in the middle of traffic: %s', (how) =>
    loop.run(() => closeInTraffic(8, how)),
  )
})
