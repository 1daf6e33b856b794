/** The `start` cases with nothing in them. */
import type { Program } from '../../harness/program.ts'
import { processLife } from './process-life.ts'

export const program: Program = {
  cases: {
    import: processLife(''),
    'empty-main': processLife(''),
  },
}
