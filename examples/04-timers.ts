// Below tasks there are callbacks: `callSoon` for the next round, `callLater` for a delay, `callAt` for a point in time.
//
// `loop.time()` is a clock in milliseconds that never goes back; timers are never early, and fractions count. Callbacks
// run in the order of their deadlines, never inside the call that made them, and `cancel` on the handle takes one back.

import { getRunningLoop, run } from 'aioloop'

async function main(): Promise<void> {
  const loop = getRunningLoop()
  const begin = loop.time()
  const done = loop.createFuture<number>()

  loop.callLater(20, () => done.setResult(loop.time() - begin))
  loop.callLater(10.5, console.log, 'after 10.5 ms')
  loop.callAt(begin + 5, console.log, 'at 5 ms')
  loop.callSoon(console.log, 'in the next round')
  const handle = loop.callLater(1, console.log, 'never')
  handle.cancel()
  console.log('five scheduled, one taken back:', handle.cancelled())

  const elapsed = await done
  console.log('the future came after 20 ms or more:', elapsed >= 20)
}

await run(main)

// Prints:
//   five scheduled, one taken back: true
//   in the next round
//   at 5 ms
//   after 10.5 ms
//   the future came after 20 ms or more: true
