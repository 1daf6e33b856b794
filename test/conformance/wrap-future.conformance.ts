import { CancelledError, ensureFuture, getRunningLoop, isFuture, LoopStateError, sleep, wrapFuture } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'

export function wrapFutureConformance(harness: Harness): void {
  describe('wrapFuture', () => wrappedPromises(harness))
}

function wrappedPromises(harness: Harness): void {
  const lab = openLab(harness)

  test('wrapFuture makes a future of the running loop, which takes the value of the promise', async () => {
    const loop = lab.newLoop()
    await loop.runUntilComplete(async () => {
      const future = wrapFuture(Promise.resolve('oi'))
      expect([isFuture(future), future.done(), future.getLoop() === loop]).toEqual([true, false, true])
      expect(await future).toBe('oi')
    })
  })

  test('a wrapped promise gives its error, and a promise that was cancelled a cancelled future', async () => {
    await lab.run(async () => {
      const error = new Error('expected')
      const failed = wrapFuture(Promise.reject(error))
      await expect(failed).rejects.toBe(error)
      expect([failed.cancelled(), failed.exception()]).toEqual([false, error])
      const cancellation = new CancelledError('by its maker')
      const cancelled = wrapFuture(Promise.reject(cancellation))
      await expect(cancelled).rejects.toBe(cancellation)
      expect(cancelled.cancelled()).toBe(true)
    })
  })

  test('wrapFuture and ensureFuture give a future back as it is', async () => {
    await lab.run(async () => {
      const future = getRunningLoop().createFuture<number>()
      expect(wrapFuture(future) === future).toBe(true)
      expect(ensureFuture(future) === future).toBe(true)
      future.setResult(1)
    })
  })

  test('wrapFuture outside of a running loop throws', () => {
    expect(() => wrapFuture(Promise.resolve())).toThrow(LoopStateError)
  })

  test('a cancelled wrapFuture stays cancelled when the promise has a value, which the promise keeps', async () => {
    await lab.run(async () => {
      const promise = Promise.resolve(42)
      const future = wrapFuture(promise)
      expect(future.cancel()).toBe(true)
      await sleep(0)
      await sleep(0)
      expect(future.cancelled()).toBe(true)
      expect(await promise).toBe(42)
    })
  })
}
