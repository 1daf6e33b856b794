// One program, two loops: the native one in C++ and the portable one in TypeScript. Nothing in `main` knows which it is on.
//
// `install` is the one line that swaps; `AIOLOOP_LOOP=portable` in the environment or `node --import aioloop/install`
// does the same from outside. Left alone, the native loop runs where it loads, the portable one elsewhere; `loopInfo`
// says which it was, and why.

import { gather, install, loopInfo, run, sleep } from 'aioloop'

async function main(): Promise<string> {
  const parts = await gather([() => sleep(10, 'same'), () => sleep(5, 'answer')])
  return `${parts.join(' ')} on the ${loopInfo().loop} loop`
}

for (const loop of ['portable', 'native'] as const) {
  const restore = install({ loop })
  console.log(await run(main))
  restore()
}

// Prints:
//   same answer on the portable loop
//   same answer on the native loop
