/** ensureFuture and wrapFuture: a future of anything that can be awaited, given back as it is where it is one. */
import { createTask, ensureFuture, getRunningLoop, isFuture, sleep, wrapFuture } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_TYPE, expectThrows, rejectionOf } from './refusal.ts'

export function ensureFutureContract(harness: Harness): void {
  describe('ensureFuture and wrapFuture', () => {
    const lab = openLab(harness)

    test('ensureFuture gives a future back as it is and makes a task of a coroutine', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture<number>()
        expect(ensureFuture(future)).toBe(future)
        const task = createTask(async () => 1)
        expect(ensureFuture(task)).toBe(task)
        expect(await ensureFuture(async () => 2)).toBe(2)
        expect(
          await ensureFuture(
            (function* () {
              yield* sleep(0)
              return 3
            })(),
          ),
        ).toBe(3)
        await task
      })
    })

    test('ensureFuture makes a future of a promise and of any awaitable', async () => {
      await lab.run(async () => {
        const fromPromise = ensureFuture(Promise.resolve(1))
        expect(isFuture(fromPromise)).toBe(true)
        expect(await fromPromise).toBe(1)
        const fromSleep = ensureFuture(sleep(1, 2))
        expect(isFuture(fromSleep)).toBe(true)
        expect(await fromSleep).toBe(2)
        const fromThenable = ensureFuture({
          then: (resolve: (value: number) => void) => resolve(3),
        } as PromiseLike<number>)
        expect(await fromThenable).toBe(3)
      })
    })

    test('ensureFuture refuses everything else', async () => {
      await lab.run(async () => {
        for (const bad of [undefined, null, 1, 'text', {}]) {
          expectThrows(() => ensureFuture(bad as never), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['ensureFuture'],
          })
        }
      })
    })

    test('wrapFuture carries value and error of a promise', async () => {
      await lab.run(async () => {
        expect(await wrapFuture(Promise.resolve('value'))).toBe('value')
        const error = new Error('mine')
        expect(await rejectionOf(() => wrapFuture(Promise.reject(error)))).toBe(error)
        expect(await rejectionOf(() => wrapFuture(Promise.reject(undefined)))).toBe(undefined)
      })
    })

    test('wrapFuture gives a future back as it is', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture()
        expect(wrapFuture(future)).toBe(future)
      })
    })

    test('a wrapped promise can be cancelled, and what the promise does then is ignored', async () => {
      await lab.run(async () => {
        let resolve: (value: number) => void = () => {}
        const wrapped = wrapFuture(
          new Promise<number>((done) => {
            resolve = done
          }),
        )
        expect(wrapped.cancel()).toBe(true)
        resolve(1)
        await sleep(1)
        expect(wrapped.cancelled()).toBe(true)
      })
    })

    test('wrapFuture refuses what is not a promise', async () => {
      await lab.run(async () => {
        for (const bad of [undefined, 1, {}, async () => {}]) {
          expectThrows(() => wrapFuture(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['wrapFuture'] })
        }
      })
    })

    if (!harness.realTime) return

    test('a promise that settles while the loop is idle wakes it', async () => {
      await lab.run(async () => {
        expect(await wrapFuture(new Promise((resolve) => setTimeout(resolve, 5, 'timer')))).toBe('timer')
        expect(await wrapFuture(new Promise((resolve) => setImmediate(resolve, 'immediate')))).toBe('immediate')
      })
    })
  })
}
