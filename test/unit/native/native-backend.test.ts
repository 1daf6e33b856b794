import { afterEach, describe, expect, it } from 'vitest'
import { TimerState } from '../../../src/loop/timer-state.ts'
import { loadBinding } from '../../../src/native/binding.ts'
import { FakeHost } from './fake-host.ts'

/** The clock that users compare with. */
const hrtime = () => Number(process.hrtime.bigint()) / 1e6

const open: FakeHost[] = []
function start(options: ConstructorParameters<typeof FakeHost>[0] = {}): FakeHost {
  const host = new FakeHost(options)
  open.push(host)
  host.backend.start()
  return host
}
afterEach(() => {
  for (const host of open.splice(0)) host.backend.close()
})

/** Runs `begin`, which gets the function that ends the wait. */
const until = (begin: (done: () => void) => void) => new Promise<void>((resolve) => begin(resolve))

/** Close callbacks of loops closed before have run. */
const settled = async () => {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

const rings = [
  { submissionCapacity: 1024, completionCapacity: 1024 },
  { submissionCapacity: 4, completionCapacity: 4 },
]

describe.each(rings)('embedded, with rings of $submissionCapacity', (capacities) => {
  it('delivers timers by deadline, and equal deadlines in the order of their start', async () => {
    const host = start(capacities)
    const order: number[] = []
    const base = host.backend.now() + 2
    await until((done) => {
      for (let i = 0; i < 100; i++) host.at(base + (i % 3) * 1.25, () => order.push(i))
      host.at(base + 4, done)
    })
    const expected = [0, 1, 2].flatMap((rest) => Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 3 === rest))
    expect(order).toEqual(expected)
  })

  it('never delivers a timer before its deadline, measured against process.hrtime', async () => {
    const host = start(capacities)
    let early = 0
    await until((done) => {
      let left = 500
      for (let i = 0; i < 500; i++) {
        const delay = i / 37
        const begun = hrtime()
        host.after(delay, () => {
          if (hrtime() - begun < delay) early++
          if (--left === 0) done()
        })
      }
    })
    expect(early).toBe(0)
  })

  it('forgets a timer that is cancelled in the ring, in the heap, or when it is due already', async () => {
    const host = start(capacities)
    const ran: string[] = []
    const inRing = host.after(1, () => ran.push('ring'))
    host.backend.cancelTimer(inRing)
    expect(inRing.slot).toBe(TimerState.cancelled)
    expect(inRing.deadline).toBeGreaterThan(0)
    const inHeap = host.after(1, () => ran.push('heap'))
    await new Promise(setImmediate)
    const begun = hrtime()
    while (hrtime() - begun < 3);
    host.backend.cancelTimer(inHeap)
    await until((done) => host.after(2, done))
    expect(ran).toEqual([])
    expect(host.backend.metrics().timers).toBe(0)
  })

  it('ignores a cancel of what is not pending here, and gives no slot out twice after it', async () => {
    const host = start(capacities)
    const other = start(capacities)
    const cancelled = host.after(1000)
    const slot = cancelled.slot
    host.backend.cancelTimer(cancelled)
    const foreign = other.after(1000)
    for (let i = 0; i < 3; i++) {
      host.backend.cancelTimer(cancelled)
      host.backend.cancelTimer(foreign)
      cancelled.slot = slot
      host.backend.cancelTimer(cancelled)
    }
    let fired = 0
    await until((done) => {
      const timers = Array.from({ length: 10 }, () => host.after(0, () => fired++))
      expect(new Set(timers.map((timer) => timer.slot)).size).toBe(10)
      host.after(0, done)
    })
    expect(fired).toBe(10)
    expect([host.backend.metrics().timers, other.backend.metrics().timers]).toEqual([0, 1])
  })

  it('sets slot and deadline of a timer that fires, before it runs', async () => {
    const host = start(capacities)
    const deadline = host.backend.now() + 1.5
    await until((done) => {
      const timer = host.at(deadline, () => {
        expect(timer.slot).toBe(TimerState.fired)
        expect(timer.deadline).toBe(deadline)
        done()
      })
      expect(timer.slot).toBeGreaterThanOrEqual(0)
      expect(host.backend.timerDeadline(timer)).toBe(deadline)
    })
  })

  it('holds any number of timers at once, in slots that it uses again', async () => {
    const host = start(capacities)
    let fired = 0
    for (let round = 0; round < 3; round++) {
      await until((done) => {
        const timers = Array.from({ length: 5000 }, () => host.after(0, () => fired++))
        expect(new Set(timers.map((timer) => timer.slot)).size).toBe(5000)
        expect(Math.max(...timers.map((timer) => timer.slot))).toBeLessThan(8192)
        host.after(0, done)
      })
    }
    expect(fired).toBe(15_000)
    expect(host.backend.metrics()).toMatchObject({ timers: 0, drops: 0, records: 15_003 })
  })

  it('starts and cancels in any order without losing or inventing one', async () => {
    const host = start(capacities)
    const timers: ReturnType<typeof host.after>[] = []
    const cancelled = new Set<number>()
    let state = 12345
    const random = (below: number) => {
      state = (state * 1103515245 + 12345) & 0x7fffffff
      return (state >> 8) % below
    }
    const due = new Set<number>()
    const base = host.backend.now() + 20
    for (let i = 0; i < 3000; i++) {
      const victim = random(3000)
      const timer = timers[victim]
      // On a slow machine some are due before the last has started.
      if (timer !== undefined && timer.slot >= 0) {
        host.backend.cancelTimer(timer)
        cancelled.add(victim)
      }
      timers.push(host.at(base + random(5), () => due.add(i)))
      if (i % 500 === 0) await new Promise(setImmediate)
    }
    await until((done) => host.at(base + 6, done))
    expect([...due].sort((a, b) => a - b)).toEqual([...timers.keys()].filter((i) => !cancelled.has(i)))
    expect(cancelled.size).toBeGreaterThan(0)
  })
})

describe('embedded', () => {
  it('gives one turn for any number of wakes, and says when promise jobs are inside it', async () => {
    const host = start()
    const seen: boolean[] = []
    host.onTurn = () => {
      seen.push(host.backend.inTurn())
      queueMicrotask(() => seen.push(host.backend.inTurn()))
      process.nextTick(() => seen.push(host.backend.inTurn()))
    }
    expect(host.backend.inTurn()).toBe(false)
    host.backend.wake()
    host.backend.wake()
    // A turn comes once in a round of Node's loop; a few rounds more show that there is no second one.
    while (host.turns === 0) await new Promise(setImmediate)
    for (let i = 0; i < 5; i++) await new Promise(setImmediate)
    expect(host.turns).toBe(1)
    expect(seen).toEqual([true, true, true])
    expect(host.backend.inTurn()).toBe(false)
  })

  it('wakes from wherever Node runs code', async () => {
    const host = start()
    const { readFile } = await import('node:fs')
    const places: ((wake: () => void) => void)[] = [
      (wake) => wake(),
      (wake) => queueMicrotask(wake),
      (wake) => process.nextTick(wake),
      (wake) => setImmediate(wake),
      (wake) => setTimeout(wake, 1),
      (wake) => readFile(import.meta.filename, wake),
    ]
    for (const place of places) {
      await until((done) => {
        host.onTurn = done
        place(() => host.backend.wake())
      })
    }
    expect(host.turns).toBe(places.length)
  })

  it('keeps its timers over stop and start, and enters no turn in between', async () => {
    const host = start()
    let fired = 0
    host.after(1, () => fired++)
    host.backend.stop()
    host.backend.wake()
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect([host.turns, fired]).toEqual([0, 0])
    await until((done) => {
      host.after(3, done)
      host.backend.start()
    })
    expect(fired).toBe(1)
  })

  it('can be stopped, started and closed in a turn', async () => {
    const host = start()
    await until((done) => {
      host.onTurn = () => {
        if (host.turns === 1) {
          host.backend.stop()
          expect(host.backend.inTurn()).toBe(false)
          host.backend.start()
          host.backend.wake()
        } else {
          host.backend.close()
          host.backend.close()
          done()
        }
      }
      host.backend.wake()
    })
    expect(host.turns).toBe(2)
    expect(host.backend.inTurn()).toBe(false)
  })

  it('delivers signals, and refuses those that the system refuses with a Node-shaped error', async () => {
    const host = start()
    host.backend.watchSignal(12)
    await until((done) => {
      host.onTurn = done
      process.kill(process.pid, 12)
    })
    expect(host.signals).toEqual([12])
    host.backend.unwatchSignal(12)
    expect(() => host.backend.watchSignal(9)).toThrow(
      expect.objectContaining({ code: 'EINVAL', errno: -22, syscall: 'uv_signal_start' }),
    )
  })

  it('counts pending timers as cancelled when it closes, and starts no other', () => {
    const host = start()
    const timer = host.after(1000)
    host.backend.close()
    expect(timer.slot).toBe(TimerState.cancelled)
    expect(host.backend.metrics().timers).toBe(0)
    expect(() => host.after(1)).toThrow(/closed/)
    host.backend.wake()
    host.backend.wakeThreadsafe()
    expect(host.backend.pump(true)).toBe(false)
  })

  it('gives every handle back after closing', async () => {
    const { binding } = loadBinding()
    await settled()
    const before = binding?.openLoops()
    const hosts = Array.from({ length: 20 }, (_, i) => start({ standalone: i % 2 === 0 }))
    expect(binding?.openLoops()).toBe((before ?? 0) + 20)
    for (const host of hosts) {
      host.after(1000)
      host.backend.close()
    }
    await settled()
    expect(binding?.openLoops()).toBe(before)
  })

  it('closes a stopped loop that is collected', async () => {
    const { binding } = loadBinding()
    const gc = globalThis.gc
    if (gc === undefined) throw new Error('the tests run with --expose-gc')
    await settled()
    const before = binding?.openLoops() ?? 0
    for (let i = 0; i < 20; i++) {
      const host = new FakeHost({ standalone: i % 2 === 0 })
      host.backend.start()
      host.after(1000)
      host.backend.stop()
    }
    for (let i = 0; i < 20 && (binding?.openLoops() ?? 0) > before + 1; i++) {
      gc()
      await new Promise(setImmediate)
    }
    expect(binding?.openLoops()).toBeLessThanOrEqual(before + 1)
  })

  it('refuses ring capacities that are no power of two', () => {
    for (const submissionCapacity of [0, 2, 5, 1.5, Number.NaN, 2 ** 21]) {
      expect(() => new FakeHost({ submissionCapacity })).toThrow(RangeError)
    }
  })
})

describe.each(rings)('standalone, with rings of $submissionCapacity', (capacities) => {
  const standalone = { ...capacities, standalone: true }

  it('delivers timers in order while it blocks, none early', () => {
    const host = start(standalone)
    const order: number[] = []
    let early = 0
    const base = hrtime()
    for (let i = 0; i < 60; i++) {
      const deadline = base + 6 - (i % 3) * 1.5
      host.at(deadline, () => {
        if (hrtime() < deadline) early++
        order.push(i % 3)
      })
    }
    host.pumpAll()
    expect(order).toEqual([...Array(20).fill(2), ...Array(20).fill(1), ...Array(20).fill(0)])
    expect(early).toBe(0)
  })

  it('can be pumped from its own callbacks, and inside another loop', () => {
    const outer = start(standalone)
    const ran: string[] = []
    outer.after(1, () => {
      const inner = start(standalone)
      inner.after(1, () => ran.push('inner'))
      inner.pumpAll()
      let nested = false
      outer.after(1, () => {
        ran.push('nested')
        nested = true
      })
      while (!nested && outer.backend.pump(!outer.hasReady())) outer.turn()
      ran.push('outer')
    })
    outer.pumpAll()
    expect(ran).toEqual(['inner', 'nested', 'outer'])
  })

  it('says when nothing can wake it any more, without waiting: a watched signal does not count', () => {
    const host = start(standalone)
    host.backend.watchSignal(12)
    expect(host.backend.pump(true)).toBe(false)
    const timer = host.after(60_000)
    expect(host.backend.pump(false)).toBe(true)
    host.backend.wake()
    expect(host.backend.pump(true)).toBe(true)
    host.backend.cancelTimer(timer)
    expect(host.backend.pump(true)).toBe(false)
    process.kill(process.pid, 12)
    host.pumpAll()
    host.turn()
    expect(host.signals).toEqual([12])
  })

  it('waits for a signal alone where one is expected', () => {
    const host = start(standalone)
    host.backend.watchSignal(12)
    host.backend.expectSignals(true)
    expect(host.backend.pump(false)).toBe(true)
    process.kill(process.pid, 12)
    expect(host.backend.pump(true)).toBe(true)
    host.turn()
    expect(host.signals).toEqual([12])
    host.backend.expectSignals(false)
    expect(host.backend.pump(true)).toBe(false)
  })

  it('drops a completion whose timer is cancelled before delivery, and counts it', () => {
    const host = start(standalone)
    const ran: string[] = []
    const first = host.after(0, () => ran.push('first'))
    host.after(0, () => ran.push('second'))
    host.backend.pump(true)
    host.backend.cancelTimer(first)
    const third = host.after(0, () => ran.push('third'))
    expect(third.slot).toBe(0)
    host.pumpAll()
    expect(ran).toEqual(['second', 'third'])
    expect(host.backend.metrics().drops).toBe(1)
  })

  it('is awake once after it was woken from another place', () => {
    const host = start(standalone)
    host.after(60_000)
    host.backend.wakeThreadsafe()
    expect(host.backend.pump(true)).toBe(true)
  })
})
