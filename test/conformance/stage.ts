/** What a conformance test needs at hand: a lab, a lane, and short words for the ways a coroutine can end. */
import type { Body, Coroutine } from 'aioloop'
import { getRunningLoop } from 'aioloop'
import { type Harness, type Lab, openLab } from '../contract/harness.ts'
import { inBothLanes, type Lane } from '../contract/lane.ts'

export interface Stage extends Lane {
  readonly lab: Lab
  /** `run` with this body as its main coroutine, on a new loop. */
  main<T>(body: () => Coroutine<T>): Promise<T>
  /** Wait for what must fail; gives the error. */
  caught(awaitable: PromiseLike<unknown>): Coroutine<unknown>
  /** A coroutine function that waits for ever. */
  readonly forever: Body<never>
}

/** Run the cases for both kinds of coroutine. To be called inside a `describe`, which gets the lab. */
export function onStage(harness: Harness, cases: (stage: Stage) => void): void {
  const lab = openLab(harness)
  inBothLanes((lane) => {
    cases({
      ...lane,
      lab,
      main: (body) => lab.run(lane.co(body)),
      *caught(awaitable) {
        try {
          yield* lane.wait(awaitable)
        } catch (error) {
          return error
        }
        throw new Error('nothing was thrown')
      },
      forever: lane.co(function* () {
        return yield* lane.wait(getRunningLoop().createFuture<never>())
      }),
    })
  })
}
