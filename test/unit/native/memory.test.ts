import { expect, it } from 'vitest'
import { FakeHost } from './fake-host.ts'

it('starts and cancels 100,000 timers, at once or late, in the memory of the first few', async () => {
  for (const capacity of [4, 1024]) {
    const host = new FakeHost({ submissionCapacity: capacity, completionCapacity: capacity })
    host.backend.start()
    host.after(100_000)
    const slots = new Set<number>()
    let previous = host.after(1000)
    for (let i = 0; i < 100_000; i++) {
      const timer = host.after(1000 + i)
      slots.add(timer.slot)
      // Every other timer is cancelled only after the next one has started.
      host.backend.cancelTimer(i % 2 === 0 ? timer : previous)
      if (i % 2 === 1) previous = timer
      if (i % 25_000 === 0) await new Promise(setImmediate)
    }
    expect(slots.size).toBeLessThanOrEqual(4)
    expect(host.backend.metrics().timers).toBe(2)
    host.backend.close()
  }
})

it('holds more than a million timers', () => {
  const host = new FakeHost({ standalone: true })
  const far = host.backend.now() + 100_000
  const timers = Array.from({ length: 1_100_000 }, (_, i) => host.at(far + i))
  expect(host.backend.metrics().timers).toBe(1_100_000)
  expect(host.backend.pump(false)).toBe(true)
  for (const timer of timers) host.backend.cancelTimer(timer)
  expect(host.backend.pump(true)).toBe(false)
  host.backend.close()
})
