/** The full sizes of TLS on fire, on both loops. */
import { describe, test } from 'vitest'
import { netLoops } from '../net/loops.ts'
import { brokenWires, bulkBothWays, bytewise, closeInTraffic, storm } from '../net/tls-fire.ts'
import { reached, untilDeadline } from './sizes.ts'

const CASES = netLoops.length * 5
const BULK = 256 << 20
const CLIENTS = 40
const CUTS = 1000
const MOST = 1 << 20
const STORMS = 50
const STORM = 200
const CLOSES = 50

describe.each(netLoops)('TLS on the $name loop', (loop) => {
  const inRun = (body: () => Promise<void>) => () => loop.run(body)

  test('much each way through one connection, in bounded memory', async () => {
    await loop.run(() => bulkBothWays(BULK))
    reached(`bytes of TLS each way, ${loop.name}`, BULK, BULK)
  })

  test('clients whose bytes come one at a time', async () => {
    await loop.run(() => bytewise(CLIENTS))
    reached(`clients of TLS by bytes, ${loop.name}`, CLIENTS, CLIENTS)
  })

  test('wires that break anywhere in a handshake and behind it', async () => {
    let cut = 1
    const count = await untilDeadline(CUTS, CASES, async () => {
      await loop.run(() => brokenWires([cut]))
      // Up to a megabyte, by steps that grow.
      cut = cut > MOST ? 1 : Math.ceil(cut * 1.013)
    })
    reached(`broken wires of TLS, ${loop.name}`, count, CUTS)
  })

  test('storms of clients that come and go', async () => {
    const body = inRun(() => storm(STORM))
    reached(`storms of TLS, ${loop.name}`, await untilDeadline(STORMS, CASES, body), STORMS)
  })

  test('servers that end in the middle of traffic', async () => {
    const count = await untilDeadline(CLOSES, CASES, async () => {
      for (const how of ['abort', 'close', 'grace'] as const) await loop.run(() => closeInTraffic(20, how))
    })
    reached(`servers of TLS ended, ${loop.name}`, count, CLOSES)
  })
})
