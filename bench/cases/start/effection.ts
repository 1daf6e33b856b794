/** The `start` cases on effection. */
import type { Program } from '../../harness/program.ts'
import { locationOf, processLife } from './process-life.ts'

const effection = locationOf('effection')

export const program: Program = {
  cases: {
    import: processLife(`import { run } from ${effection}`),
    'empty-main': processLife(`import { run } from ${effection}\nawait run(function* () {})`),
  },
}
