/** The `start` cases on aioloop; which loop, AIOLOOP_LOOP says to this process and to those it starts. */
import type { Program } from '../../harness/program.ts'
import { aboutAioloop } from '../aioloop.ts'
import { locationOf, processLife } from './process-life.ts'

const aioloop = locationOf('aioloop')

export const program: Program = {
  about: aboutAioloop,
  cases: {
    import: processLife(`import { run } from ${aioloop}`),
    'empty-main': processLife(`import { run } from ${aioloop}\nawait run(async () => {})`),
  },
}
