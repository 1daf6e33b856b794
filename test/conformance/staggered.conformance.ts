/** asyncio's test_staggered. */
import {
  CancelledError,
  type Coroutine,
  Event,
  getRunningLoop,
  isCancelled,
  sleep,
  staggeredRace,
  type Timeout,
  TimeoutError,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage } from './stage.ts'

export function staggeredConformance(harness: Harness): void {
  describe('staggeredRace', () => {
    onStage(harness, ({ co, wait, main, caught, isAsync }) => {
      const giving = (index: number) =>
        co(function* () {
          return `Res: ${index}`
        })
      const failing = (index: number) =>
        co(function* (): Coroutine<string> {
          throw new RangeError(String(index))
        })

      test('with nobody in it there is no winner and no error', () =>
        main(function* () {
          expect(yield* wait(staggeredRace([], null))).toEqual({
            result: undefined,
            index: undefined,
            exceptions: [],
          })
        }))

      test('when the first succeeds at once the second is not started', () =>
        main(function* () {
          expect(yield* wait(staggeredRace([giving(0), giving(1)], null))).toEqual({
            result: 'Res: 0',
            index: 0,
            exceptions: [undefined],
          })
        }))

      test('when the first fails the second is started, and wins', () =>
        main(function* () {
          const { result, index, exceptions } = yield* wait(staggeredRace([failing(0), giving(1)], null))
          expect([result, index, exceptions.length, exceptions[1]]).toEqual(['Res: 1', 1, 2, undefined])
          expect(exceptions[0]).toBeInstanceOf(RangeError)
        }))

      test('when the first takes longer than the head start the second wins, and the first is cancelled', () =>
        main(function* () {
          const slow = co(function* () {
            yield* wait(sleep(60_000))
            return 'Res: 0'
          })
          const { result, index, exceptions } = yield* wait(staggeredRace([slow, giving(1)], 5))
          expect([result, index, exceptions.length, exceptions[1]]).toEqual(['Res: 1', 1, 2, undefined])
          expect(exceptions[0]).toBeInstanceOf(CancelledError)
        }))

      test('when all fail there is no winner, and all errors are given', () =>
        main(function* () {
          const { result, index, exceptions } = yield* wait(staggeredRace([failing(0), failing(1)], null))
          expect([result, index, exceptions.map(String)]).toEqual([
            undefined,
            undefined,
            ['RangeError: 0', 'RangeError: 1'],
          ])
        }))

      test('of two that could both win the first does, and the others are cancelled', () =>
        main(function* () {
          const event = new Event()
          const waiting = (index: number) =>
            co(function* () {
              yield* wait(event.wait())
              return index
            })
          const setting = co(function* (): Coroutine<number> {
            event.set()
            return yield* wait(getRunningLoop().createFuture<number>())
          })
          const { result, index, exceptions } = yield* wait(staggeredRace([waiting(0), waiting(1), setting], 5))
          expect([result, index, exceptions.length, exceptions[0]]).toEqual([0, 0, 3, undefined])
          // An async function that was woken in the same round has ended before anybody could know of the winner.
          if (isAsync) expect(exceptions[1]).toBe(undefined)
          else expect(exceptions[1]).toBeInstanceOf(CancelledError)
          expect(exceptions[2]).toBeInstanceOf(CancelledError)
        }))

      test('every cancel of the caller reaches the alternatives, and goes on when they have ended', () =>
        main(function* () {
          const log: string[] = []
          const ignoring = (outer: Timeout, inner: Timeout) =>
            co(function* () {
              for (const [scope, name] of [
                [inner, 'cancelled 1'],
                [outer, 'cancelled 2'],
              ] as const) {
                scope.reschedule(getRunningLoop().time() - 1)
                yield* wait(sleep(0))
                if (isCancelled(yield* caught(getRunningLoop().createFuture()))) log.push(name)
              }
            })
          const race = co(function* (outer: Timeout, inner: Timeout) {
            const error = yield* caught(staggeredRace([ignoring(outer, inner)], null))
            if (isCancelled(error)) log.push('cancelled 3')
            throw error
          })
          const error = yield* caught(
            timeout(
              null,
              co(function* (outer: Timeout) {
                yield* wait(timeout(null, (inner: Timeout) => race(outer, inner)))
              }),
            ),
          )
          expect(error).toBeInstanceOf(TimeoutError)
          expect(log).toEqual(['cancelled 1', 'cancelled 2', 'cancelled 3'])
        }))
    })
  })
}
