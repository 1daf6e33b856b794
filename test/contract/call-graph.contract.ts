/** The call graph: exact edges between what waits and what is waited for, captured in the middle of a program. */
import type { Coroutine, Future, Task } from 'aioloop'
import {
  asCompleted,
  captureCallGraph,
  createTask,
  currentTask,
  FutureCallGraph,
  formatCallGraph,
  gather,
  getRunningLoop,
  printCallGraph,
  shield,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectThrows, type Refusal } from './refusal.ts'

/** A graph as nested lists: what it is, and who awaits it. Tasks by name, the futures between by what made them. */
type Shape = [string, ...Shape[]]

function shapeOf(graph: FutureCallGraph | undefined): Shape | undefined {
  if (graph === undefined) return undefined
  return [labelOf(graph.future), ...graph.awaitedBy.map((awaiter) => shapeOf(awaiter) as Shape)]
}

const refused = (name: RegExp): Refusal => ({ class: TypeError, code: ARGUMENT_TYPE, names: [name] })

function labelOf(future: Future<unknown>): string {
  const name = (future as Partial<Task<unknown>>).getName?.()
  return name ?? String((future as { [Symbol.toStringTag]?: string })[Symbol.toStringTag])
}

export function callGraphContract(harness: Harness): void {
  describe('call graph', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait: waitOn } = lane

      /** The shape of the graph that a task `inner` captures while `main`, a task named so, waits for it by `outer`. */
      async function captured(outer: (inner: Task<void>) => Coroutine<unknown>): Promise<Shape | undefined> {
        let shape: Shape | undefined
        const inner = co(function* () {
          yield* lane.settle()
          shape = shapeOf(captureCallGraph())
        })
        await lab.run(async () => {
          await createTask(
            co(function* () {
              yield* outer(createTask(inner, { name: 'inner' }))
            }),
            { name: 'outer' },
          )
        })
        return shape
      }

      const MAIN: Shape = ['main']

      test('a task that awaits a task', async () => {
        expect(
          await captured(function* (inner) {
            yield* waitOn(inner)
          }),
        ).toEqual(['inner', ['outer', MAIN]])
      })

      test('through gather', async () => {
        expect(
          await captured(function* (inner) {
            yield* waitOn(gather([inner, () => sleep(1)]))
          }),
        ).toEqual(['inner', ['gather', ['outer', MAIN]]])
      })

      test('through wait', async () => {
        expect(
          await captured(function* (inner) {
            yield* waitOn(wait([inner]))
          }),
        ).toEqual(['inner', ['wait', ['outer', MAIN]]])
      })

      test('through shield', async () => {
        expect(
          await captured(function* (inner) {
            yield* waitOn(shield(inner))
          }),
        ).toEqual(['inner', ['shield', ['outer', MAIN]]])
      })

      test('through waitFor', async () => {
        expect(
          await captured(function* (inner) {
            yield* waitOn(waitFor(inner, 10_000))
          }),
        ).toEqual(['inner', ['outer', MAIN]])
      })

      test('through timeout', async () => {
        expect(
          await captured(function* (inner) {
            yield* waitOn(
              timeout(
                10_000,
                co(function* () {
                  yield* waitOn(inner)
                }),
              ),
            )
          }),
        ).toEqual(['inner', ['outer', MAIN]])
      })

      test('through asCompleted', async () => {
        expect(
          await captured(function* (inner) {
            for (const next of asCompleted([inner])) yield* waitOn(next)
          }),
        ).toEqual(['inner', ['asCompleted', ['outer', MAIN]]])
      })

      test('through a task group, whose parent awaits each of its tasks', async () => {
        const shapes: unknown[] = []
        const child = co(function* () {
          yield* lane.settle()
          shapes.push(shapeOf(captureCallGraph()))
        })
        await lab.run(
          co(function* () {
            yield* waitOn(
              taskGroup(
                co(function* (tg) {
                  tg.createTask(child, { name: 'a' })
                  tg.createTask(child, { name: 'b' })
                }),
              ),
            )
          }),
        )
        expect(shapes.sort()).toEqual([
          ['a', ['main']],
          ['b', ['main']],
        ])
      })

      test('a task that several await lists each, in the order in which they began', async () => {
        let shape: Shape | undefined
        await lab.run(
          co(function* () {
            const inner = createTask(
              co(function* () {
                yield* lane.settle()
                shape = shapeOf(captureCallGraph())
              }),
              { name: 'inner' },
            )
            const awaiting = co(function* () {
              yield* waitOn(inner)
            })
            const a = createTask(awaiting, { name: 'a' })
            yield* waitOn(sleep(0))
            const b = createTask(awaiting, { name: 'b' })
            yield* waitOn(wait([a, b]))
          }),
        )
        expect(shape).toEqual(['inner', ['a', ['wait', ['main']]], ['b', ['wait', ['main']]]])
      })

      test('of a future that is given, as those of an executor are', async () => {
        await lab.run(
          co(function* () {
            const work = getRunningLoop().createFuture<void>()
            createTask(
              co(function* () {
                yield* waitOn(work)
              }),
              { name: 'caller' },
            )
            yield* lane.settle()
            expect(shapeOf(captureCallGraph(work))).toEqual(['Future', ['caller']])
            work.setResult()
            yield* lane.settle()
            expect(shapeOf(captureCallGraph(work))).toEqual(['Future'])
          }),
        )
      })

      test('nobody awaits a task that only a callback watches', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(() => sleep(1), { name: 'watched' })
            task.addDoneCallback(() => {})
            expect(shapeOf(captureCallGraph(task))).toEqual(['watched'])
            yield* waitOn(task)
          }),
        )
      })

      test('two tasks that await each other make no endless graph', async () => {
        await lab.run(
          co(function* () {
            const both: Task<void>[] = []
            const awaiting = co(function* (other: number) {
              yield* lane.settle()
              yield* waitOn(shield(both[other]!))
            })
            both.push(createTask(awaiting, { args: [1], name: 'a' }), createTask(awaiting, { args: [0], name: 'b' }))
            yield* lane.settle()
            yield* lane.settle()
            expect(shapeOf(captureCallGraph(both[0]!))).toEqual(['a', ['shield', ['b', ['shield', ['a']]]]])
            expect(formatCallGraph(both[0]!)).toContain('Awaited by')
            for (const task of both) task.cancel()
            yield* waitOn(gather(both, { returnExceptions: true }))
          }),
        )
      })

      test('the frames of the task that runs are those on the stack', async () => {
        const names = await lab.run(
          co(function* captures() {
            const innermost = (): FutureCallGraph | undefined => captureCallGraph()
            return innermost()?.callStack.map((frame) => [frame.functionName, frame.kind]) ?? []
          }),
        )
        expect(names.slice(0, 2)).toEqual([
          ['innermost', 'running'],
          ['captures', 'running'],
        ])
      })

      test('depth leaves out callers, limit keeps frames of one end', async () => {
        await lab.run(
          co(function* outermost() {
            const names = (graph: FutureCallGraph | undefined): unknown =>
              graph?.callStack.map((frame) => frame.functionName)
            const all = captureCallGraph(null)
            const inner = (options: object): unknown => names(captureCallGraph(undefined, options))
            expect(names(all)).toContain('outermost')
            const whole = inner({}) as string[]
            expect(whole.slice(0, 2)).toEqual(['inner', 'outermost'])
            expect(inner({ depth: 2 })).toEqual(whole.slice(1))
            expect(inner({ limit: 1 })).toEqual(['inner'])
            expect(inner({ limit: -1 })).toEqual(whole.slice(-1))
            expect(inner({ limit: 0 })).toEqual([])
          }),
        )
      })
    })

    test('edges made by Promise.all are those of the task that waits', async () => {
      let shape: Shape | undefined
      await lab.run(async () => {
        const inner = createTask(
          async () => {
            await sleep(1)
            shape = shapeOf(captureCallGraph())
          },
          { name: 'inner' },
        )
        await Promise.all([inner, sleep(2)])
      })
      expect(shape).toEqual(['inner', ['main']])
    })

    test('is frozen', async () => {
      await lab.run(async () => {
        const graph = captureCallGraph()
        expect(graph).toBeInstanceOf(FutureCallGraph)
        expect(graph?.future).toBe(currentTask())
        for (const part of [graph, graph?.callStack, graph?.callStack[0], graph?.awaitedBy]) {
          expect(Object.isFrozen(part)).toBe(true)
        }
      })
    })

    test('is undefined in a plain callback, where no task runs', async () => {
      const graph = await lab.inCallback(() => captureCallGraph())
      expect(graph).toBeUndefined()
      expect(await lab.inCallback(() => formatCallGraph())).toBe('')
    })

    test('without a future outside of a loop throws LoopStateError', () => {
      expect(() => captureCallGraph()).toThrow(/no event loop is running/)
    })

    test('of what is no future throws TypeError', async () => {
      await lab.run(async () => {
        expectThrows(() => captureCallGraph(Promise.resolve() as never), refused(/captureCallGraph: 'future'/))
        expectThrows(() => formatCallGraph({} as never), refused(/formatCallGraph: 'future'/))
        expectThrows(() => captureCallGraph(null, { limit: 'x' } as never), refused(/'options.limit'/))
        expectThrows(() => captureCallGraph(null, { depth: null } as never), refused(/'options.depth'/))
        expect(() => captureCallGraph(null, { limit: 1.5 })).toThrow(RangeError)
        expect(() => captureCallGraph(null, { depth: -1 })).toThrow(RangeError)
      })
    })

    test('as text is an indented list', async () => {
      let text = ''
      async function innermost(): Promise<void> {
        await sleep(1)
        text = formatCallGraph(undefined, { limit: 1 })
      }
      await lab.run(async function main() {
        await gather([createTask(innermost, { name: 'inner' })])
      })
      const lines = text.split('\n')
      expect(lines[0]).toBe('* Task "inner"')
      expect(lines[1]).toBe('  + Call stack:')
      expect(lines[2]).toMatch(/^ {2}\| {3}at innermost \(.*call-graph\.contract\.ts:\d+:\d+\)$/)
      expect(lines.slice(3, 7)).toEqual([
        '  + Awaited by:',
        '     * gather',
        '       + Awaited by:',
        '          * Task "main"',
      ])
    })

    test('as text shows a future with two ways to it once', async () => {
      let text = ''
      await lab.run(async () => {
        const inner = createTask(async () => {
          await sleep(1)
          text = formatCallGraph(undefined, { limit: 0 })
        })
        await gather([createTask(async () => await inner), createTask(async () => await inner)])
      })
      expect(text.match(/\* Task "main"/g)).toHaveLength(1)
      expect(text.match(/\* gather \(see above\)/g)).toHaveLength(1)
    })

    test('is printed to a stream', async () => {
      await lab.run(async () => {
        let written = ''
        const stream = { write: (text: string) => (written += text) }
        printCallGraph(null, { stream })
        expect(written).toMatch(/^\* Task "main"\n[\s\S]*\n$/)
        expectThrows(() => printCallGraph(null, { stream: 5 as never }), refused(/'options.stream'/))
      })
    })
  })
}
