/** The `start` cases on effect. */
import type { Program } from '../../harness/program.ts'
import { locationOf, processLife } from './process-life.ts'

const effect = locationOf('effect')

export const program: Program = {
  cases: {
    import: processLife(`import { Effect } from ${effect}`),
    'empty-main': processLife(`import { Effect } from ${effect}\nawait Effect.runPromise(Effect.void)`),
  },
}
