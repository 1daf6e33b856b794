/** Shapes of what crosses threads. */

/** What `loop.expose` takes: any function; what it gets and gives must be data that can be cloned. */
export type Exposable = (...args: never[]) => unknown

/** Names a loop in every thread of its process. Made by `loop.share()`; plain data. */
export interface LoopToken {
  readonly aioloop: 'loop'
  readonly id: number
  readonly process: number
}
