/** The full sizes of the fires of test/net, on both loops. */
import { describe, test } from 'vitest'
import { bulkBesidePings, bulkBothWays, closeInTraffic, manyConnections, storm } from '../net/fire.ts'
import { netLoops } from '../net/loops.ts'
import { reached, untilDeadline } from './sizes.ts'

const GiB = 2 ** 30
const CONNECTIONS = 10_000
const STORMS = 50
const STORM = 2000
const CLOSES = 100
const PINGS = 20
const CASES = netLoops.length * 5

describe.each(netLoops)('on the $name loop', (loop) => {
  const inRun = (body: () => Promise<void>) => () => loop.run(body)

  test('ten thousand connections stay open and answer', async () => {
    await loop.run(() => manyConnections(CONNECTIONS))
    reached(`connections, ${loop.name}`, CONNECTIONS, CONNECTIONS)
  })

  test('a gigabyte each way through one connection, in bounded memory', async () => {
    // One connection carries all of it, in a box too; without one it does so on the slower loop as well.
    const whole = process.env.AIOLOOP_SOAK_MINUTES === undefined || loop.name === 'native'
    const piece = whole ? GiB : 64 << 20
    const pieces = await untilDeadline(
      GiB / piece,
      CASES,
      inRun(() => bulkBothWays(piece)),
    )
    reached(`bytes each way, ${piece} a connection, ${loop.name}`, pieces * piece, GiB)
  })

  test('storms of clients that come and go', async () => {
    reached(
      `storms, ${loop.name}`,
      await untilDeadline(
        STORMS,
        CASES,
        inRun(() => storm(STORM)),
      ),
      STORMS,
    )
  })

  test('servers that end in the middle of traffic', async () => {
    const count = await untilDeadline(CLOSES, CASES, async () => {
      for (const how of ['abort', 'close', 'grace'] as const) await loop.run(() => closeInTraffic(50, how))
    })
    reached(`servers ended, ${loop.name}`, count, CLOSES)
  })

  test('pings beside bulk', async () => {
    const count = await untilDeadline(
      PINGS,
      CASES,
      inRun(() => bulkBesidePings(100, 200)),
    )
    reached(`rounds of pings, ${loop.name}`, count, PINGS)
  })
})
