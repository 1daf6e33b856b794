/** The time limit for silence, on a clock of the test's own; the rest of a socket's manners on the contract's real ones. */
import { Duplex } from 'node:stream'
import { beforeEach, describe, expect, test } from 'vitest'
import type { EventLoop } from '../../../src/loop/contract/event-loop.ts'
import type { Transport } from '../../../src/loop/contract/transport.ts'
import { type SocketDuplex, socketDuplex } from '../../../src/streams/socket-duplex.ts'
import type { DuplexBridge } from '../../../src/transports/duplex-bridge.ts'

interface Timer {
  readonly when: number
  readonly fire: () => void
  cancelled: boolean
}

let now: number
let timers: Timer[]
let bridge: { duplex: Duplex; onTraffic: () => void }
let duplex: SocketDuplex
let told: number[]

beforeEach(() => {
  now = 1000
  timers = []
  told = []
  const loop = {
    time: () => now,
    isClosed: () => false,
    callLater(ms: number, fire: () => void) {
      const timer = { when: now + ms, fire, cancelled: false }
      timers.push(timer)
      return { cancel: () => (timer.cancelled = true) }
    },
  }
  const transport = { getExtraInfo: () => undefined, isClosing: () => false }
  bridge = { duplex: new Duplex({ read() {} }), onTraffic: () => {} }
  duplex = socketDuplex(
    bridge as unknown as DuplexBridge,
    transport as unknown as Transport,
    loop as unknown as EventLoop,
  )
  duplex.on('timeout', () => told.push(now))
})

/** Let time pass, with traffic at some points of it. */
function until(end: number, traffic: readonly number[] = []): void {
  for (; now < end; now++) {
    if (traffic.includes(now)) bridge.onTraffic()
    for (const timer of timers.splice(0)) {
      if (timer.cancelled) continue
      if (timer.when <= now) timer.fire()
      else timers.push(timer)
    }
  }
}

describe('the time limit of a Duplex', () => {
  test('passes without traffic, is told once, and counts again from the next traffic on', () => {
    duplex.setTimeout(50)
    until(1200)
    expect(told).toEqual([1050])
    expect(duplex.destroyed).toBe(false)
    until(1300, [1200])
    expect(told).toEqual([1050, 1250])
  })

  test('is put off by traffic', () => {
    duplex.setTimeout(50)
    until(1200, [1020, 1049, 1090, 1139])
    expect(told).toEqual([1189])
  })

  test('costs one timer, however much comes', () => {
    duplex.setTimeout(50)
    until(1040, [1001, 1002, 1003, 1010, 1020, 1030])
    expect(timers.length).toBe(1)
  })

  test('ends with 0, and with the Duplex', async () => {
    let calls = 0
    const callback = () => calls++
    duplex.setTimeout(50, callback)
    duplex.setTimeout(0, callback)
    until(1200, [1100])
    duplex.setTimeout(50, callback)
    const closed = new Promise((resolve) => duplex.once('close', resolve))
    duplex.destroy()
    await closed
    duplex.setTimeout(50)
    until(1400, [1210])
    expect([calls, told, timers.length]).toEqual([0, [], 0])
  })

  test('tells its callback once', () => {
    let calls = 0
    duplex.setTimeout(50, () => calls++)
    until(1400, [1100, 1200, 1300])
    expect([calls, told.length]).toEqual([1, 4])
  })

  test('refuses what is no time', () => {
    expect(() => duplex.setTimeout('1' as never)).toThrow(TypeError)
    expect(() => duplex.setTimeout(-1)).toThrow(RangeError)
    expect(() => duplex.setTimeout(Number.NaN)).toThrow("duplex.setTimeout: 'ms' must be milliseconds from 0 on")
    expect(() => duplex.setTimeout(1, 5 as never)).toThrow("'callback'")
  })
})
