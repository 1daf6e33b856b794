/**
 * Random programs on the virtual loop: the same seed gives the same trace, the two kinds of coroutine agree, and what must
 * hold for every program holds. A failure prints the program, its seed and the path of fast-check that reaches it.
 */
import { type EventLoop, getRunningLoop, PortableEventLoopPolicy, run } from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { modelPrograms, modelTrace } from './asyncio-model.ts'
import { type Program, programs, type Trace, trace } from './program.ts'

const RUNS = Number(process.env.AIOLOOP_MODEL_RUNS ?? 200)
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })

async function traceOn(program: Program, makeLoop: () => EventLoop, patience?: number): Promise<Trace> {
  const reports: string[] = []
  const result = await run(async () => trace(program, getRunningLoop(), patience), {
    loopFactory: () => {
      const loop = makeLoop()
      loop.setExceptionHandler((_loop, context) => reports.push(`${context.message}: ${String(context.exception)}`))
      return loop
    },
  })
  // A task that fails with nobody waiting for it is asked for its exception by the trace: nothing else may be reported.
  expect(reports).toEqual([])
  return result
}

describe('random programs', () => {
  test('run twice with the same seed leave the same trace', async () => {
    await fc.assert(
      fc.asyncProperty(programs(), seeds, async (program, seed) => {
        const first = await traceOn(program, () => new VirtualLoop({ seed }))
        const second = await traceOn(program, () => new VirtualLoop({ seed }))
        expect(second).toEqual(first)
      }),
      { numRuns: RUNS },
    )
  })

  test('end, every task of them, and count each cancel that was not taken back', async () => {
    // A cancel of a task that waits for another task, or for a gather of others, is passed on to those and counts there too.
    const separate = programs().map((program) => ({
      tasks: program.tasks.map((plan) => ({
        ...plan,
        body: plan.body.filter((step) => !['join', 'gather'].includes(step.op)),
      })),
    }))
    await fc.assert(
      fc.asyncProperty(separate, seeds, async (program, seed) => {
        const { ends, cancels } = await traceOn(program, () => new VirtualLoop({ seed }))
        expect(ends.filter((end) => end.startsWith('never'))).toEqual([])
        expect(ends.map((end) => Number(/after (\d+) cancels$/.exec(end)?.[1]))).toEqual(cancels)
      }),
      { numRuns: RUNS },
    )
  })

  test('never cancelled nor failed by anyone give every task its value', async () => {
    const peaceful = programs().map((program) => ({
      tasks: program.tasks.map((plan) => ({
        ...plan,
        body: plan.body.filter((step) => !['cancel', 'cancelFuture', 'fail', 'throw', 'await'].includes(step.op)),
      })),
    }))
    await fc.assert(
      fc.asyncProperty(peaceful, seeds, async (program, seed) => {
        const { ends } = await traceOn(program, () => new VirtualLoop({ seed }))
        expect(ends).toEqual(program.tasks.map((_plan, own) => `value ${own} after 0 cancels`))
      }),
      { numRuns: RUNS },
    )
  })

  test('of generator coroutines leave the same trace on the virtual loop without a seed every time', async () => {
    await fc.assert(
      fc.asyncProperty(programs('generators'), async (program) => {
        const first = await traceOn(program, () => new VirtualLoop())
        expect(await traceOn(program, () => new VirtualLoop())).toEqual(first)
      }),
      { numRuns: RUNS },
    )
  })

  test('of generators do on the virtual loop what a step-by-step model of asyncio says', async () => {
    await fc.assert(
      fc.asyncProperty(modelPrograms(), async (program) => {
        const { events, ends } = await traceOn(program, () => new VirtualLoop())
        const model = modelTrace(program)
        expect(events).toEqual(model.events)
        expect(ends).toEqual(model.ends)
      }),
      { numRuns: RUNS },
    )
  })

  test('leave the same set of ends on the portable loop as on the virtual one when no time is involved', async () => {
    const timeless = programs('generators').map((program) => ({
      tasks: program.tasks.map((plan) => ({
        ...plan,
        body: plan.body.filter((step) => !['sleep', 'wait', 'await', 'join', 'gather'].includes(step.op)),
      })),
    }))
    await fc.assert(
      fc.asyncProperty(timeless, async (program) => {
        const virtual = await traceOn(program, () => new VirtualLoop())
        const portable = await traceOn(program, () => new PortableEventLoopPolicy().newEventLoop(), 20)
        expect(portable).toEqual(virtual)
      }),
      { numRuns: Math.min(RUNS, 15) },
    )
  })
})
