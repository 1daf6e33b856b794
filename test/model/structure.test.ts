/**
 * Channels, limiters, conditions, barriers, deadlines, groups and maps under random programs with cancels at every moment,
 * on the virtual loop, shuffled by seed and in order. fast-check prints a program, its seed and the path that reaches it; the
 * same seed replays it exactly.
 */
import { run } from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkStructure } from './structure-books.ts'
import { runStructureProgram, structurePrograms } from './structure-programs.ts'

const RUNS = Number(process.env.AIOLOOP_MODEL_RUNS ?? 200)
const seeds = fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { nil: undefined })

describe('random programs of channels, limiters, conditions, barriers and scopes', () => {
  const go = (program: Parameters<typeof runStructureProgram>[0], seed: number | undefined) =>
    run(() => runStructureProgram(program), { loopFactory: () => new VirtualLoop(seed === undefined ? {} : { seed }) })

  test('exclude each other, conserve tokens and items, end, and count their cancels', async () => {
    await fc.assert(
      fc.asyncProperty(structurePrograms, seeds, async (program, seed) => {
        checkStructure(program, await go(program, seed))
      }),
      { numRuns: RUNS },
    )
  })

  test('run twice with the same seed leave the same books', async () => {
    await fc.assert(
      fc.asyncProperty(structurePrograms, seeds, async (program, seed) => {
        const first = await go(program, seed)
        expect(await go(program, seed)).toEqual(first)
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    )
  })
})
