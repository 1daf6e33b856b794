/** The model test by the ten thousand: the random programs of test/model against the model of asyncio. */
import { getRunningLoop, run } from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { modelPrograms, modelTrace } from '../model/asyncio-model.ts'
import { programs, trace } from '../model/program.ts'
import { checkStructure } from '../model/structure-books.ts'
import { runStructureProgram, structurePrograms } from '../model/structure-programs.ts'
import { reached, untilDeadline } from './sizes.ts'

const PROGRAMS = 100_000
const BATCH = 1000

test('random programs do what the model of asyncio says', async () => {
  const batches = await untilDeadline(PROGRAMS / BATCH, 3, () =>
    fc.assert(
      fc.asyncProperty(modelPrograms(), async (program) => {
        const seen = await run(async () => trace(program, getRunningLoop()), { loopFactory: () => new VirtualLoop() })
        const model = modelTrace(program)
        expect([seen.events, seen.ends]).toEqual([model.events, model.ends])
      }),
      { numRuns: BATCH },
    ),
  )
  reached('model programs', batches * BATCH, PROGRAMS)
})

test('random programs leave the same trace with the same seed', async () => {
  const batches = await untilDeadline(PROGRAMS / BATCH, 3, () =>
    fc.assert(
      fc.asyncProperty(programs(), fc.nat(), async (program, seed) => {
        const go = () =>
          run(async () => trace(program, getRunningLoop()), { loopFactory: () => new VirtualLoop({ seed }) })
        expect(await go()).toEqual(await go())
      }),
      { numRuns: BATCH },
    ),
  )
  reached('seeded programs', batches * BATCH, PROGRAMS)
})

test('random programs of channels, limiters and scopes keep their books', async () => {
  const batches = await untilDeadline(PROGRAMS / BATCH, 3, () =>
    fc.assert(
      fc.asyncProperty(structurePrograms, fc.nat(), async (program, seed) => {
        const loopFactory = () => new VirtualLoop({ seed })
        checkStructure(program, await run(() => runStructureProgram(program), { loopFactory }))
      }),
      { numRuns: BATCH },
    ),
  )
  reached('structured programs', batches * BATCH, PROGRAMS)
})
