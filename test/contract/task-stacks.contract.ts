/** `task.getStack()` and `task.printStack()`: what is known of where a coroutine is, in every state of a task. */
import type { Coroutine, FrameCallGraphEntry, Task } from 'aioloop'
import { createTask, currentTask, getRunningLoop, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectThrows, type Refusal } from './refusal.ts'

const HERE = /task-stacks\.contract\.ts$/

const refused = (name: RegExp): Refusal => ({ class: TypeError, code: ARGUMENT_TYPE, names: [name] })

function namesOf(frames: readonly FrameCallGraphEntry[]): string[] {
  return frames.map((frame) => frame.functionName)
}

function printed(task: Task<unknown>, limit?: number): string {
  let text = ''
  const stream = { write: (more: string) => (text += more) }
  task.printStack(limit === undefined ? { stream } : { stream, limit })
  return text
}

export function taskStacksContract(harness: Harness): void {
  describe('task stacks', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait } = lane

      test('of the task that runs: what is on the stack, most recent call first', async () => {
        await lab.run(
          co(function* runsNow() {
            const inner = (): readonly FrameCallGraphEntry[] => currentTask()?.getStack() ?? []
            const frames = inner()
            expect(namesOf(frames).slice(0, 2)).toEqual(['inner', 'runsNow'])
            expect(frames[0]).toMatchObject({ kind: 'running', file: expect.stringMatching(HERE) })
            expect(frames[0]?.line).toBeGreaterThan(0)
          }),
        )
      })

      test('of a task that waits in debug mode: where it began to wait', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* waitsHere() {
                yield* wait(getRunningLoop().createFuture<void>())
              }),
            )
            yield* lane.settle()
            const frames = task.getStack()
            expect(namesOf(frames)).toContain('waitsHere')
            for (const frame of frames) expect(frame.kind).toBe('waiting')
            task.cancel()
          }),
          { debug: true },
        )
      })

      test('of a task that failed: the stack of its error, which stays unretrieved', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* throwsHere(): Coroutine<void> {
                throw new Error('expected')
              }),
            )
            yield* lane.settle()
            const [first] = task.getStack()
            expect(first).toMatchObject({ functionName: 'throwsHere', kind: 'thrown' })
            expect(printed(task)).toMatch(
              /^Stack of the error of <Task .*\n {4}at throwsHere [\s\S]*\nError: expected\n$/,
            )
          }),
        )
        expect(lab.takeReports().map(({ message }) => message)).toEqual(['Task exception was never retrieved'])
      })

      test('of a task that finished or was cancelled: nothing', async () => {
        await lab.run(
          co(function* () {
            const finished = createTask(co(function* () {}))
            const cancelled = createTask(() => sleep(1000))
            yield* lane.settle()
            cancelled.cancel()
            yield* lane.settle()
            expect(finished.getStack()).toEqual([])
            expect(cancelled.getStack()).toEqual([])
            expect(printed(finished)).toMatch(/^No stack for <Task "Task-\d+" finished/)
          }),
        )
      })

      test('limit keeps the most recent frames', async () => {
        await lab.run(
          co(function* outer() {
            const inner = (limit: number): string[] => namesOf(currentTask()?.getStack({ limit }) ?? [])
            expect(inner(1)).toEqual(['inner'])
            expect(inner(2)).toEqual(['inner', 'outer'])
            expect(inner(0)).toEqual([])
            expect(printed(currentTask()!, 1).split('\n')).toHaveLength(3)
          }),
        )
      })
    })

    test('of a generator coroutine that waits: the place where it stands', async () => {
      await lab.run(
        async () => {
          function* standsHere(): Coroutine<void> {
            yield* getRunningLoop().createFuture<void>()
          }
          for (const task of [createTask(standsHere), createTask(standsHere())]) {
            await sleep(1)
            const [frame, ...others] = task.getStack()
            expect(others).toEqual([])
            expect(frame).toMatchObject({
              functionName: 'standsHere',
              kind: 'suspended',
              file: expect.stringMatching(HERE),
            })
            task.cancel()
          }
        },
        { debug: false },
      )
    })

    test('of a chain of yield* in debug mode: the whole chain, innermost first', async () => {
      function* innermost(): Coroutine<void> {
        yield* getRunningLoop().createFuture<void>()
      }
      function* middle(): Coroutine<void> {
        yield* innermost()
      }
      function* outermost(): Coroutine<void> {
        yield* middle()
      }
      await lab.run(
        async () => {
          const task = createTask(outermost)
          await sleep(1)
          expect(namesOf(task.getStack())).toEqual(['innermost', 'middle', 'outermost'])
          expect(printed(task)).toMatch(
            /^Stack of <Task .* \(most recent call first\):\n {4}at innermost \(.*\n {4}at mid/,
          )
          task.cancel()
        },
        { debug: true },
      )
    })

    test('of an async function that waits: where it is written', async () => {
      await lab.run(
        async () => {
          async function writtenHere(): Promise<void> {
            await getRunningLoop().createFuture<void>()
          }
          const task = createTask(writtenHere)
          await sleep(1)
          const [frame, ...others] = task.getStack()
          expect(others).toEqual([])
          expect(frame).toMatchObject({
            functionName: 'writtenHere',
            kind: 'declared',
            file: expect.stringMatching(HERE),
          })
          task.cancel()
        },
        { debug: false },
      )
    })

    test('a task that has not begun is where its function is written', async () => {
      await lab.run(async () => {
        const task = createTask(async function later() {})
        expect(task.getStack().map((frame) => [frame.functionName, frame.kind])).toEqual([['later', 'declared']])
        expect(String(task.getStack()[0])).toMatch(/^later \(.*task-stacks\.contract\.ts:\d+:\d+\)$/)
        await task
      })
    })

    test('a limit that is no whole number of 0 or more is refused', async () => {
      await lab.run(async () => {
        const task = createTask(() => sleep(1))
        expectThrows(() => task.getStack({ limit: 'x' as never }), refused(/getStack: 'options.limit'/))
        expectThrows(() => task.printStack({ stream: {} as never }), refused(/printStack: 'options.stream'/))
        expect(() => task.getStack({ limit: -1 })).toThrow(RangeError)
        expect(() => task.printStack({ limit: 0.5 })).toThrow(RangeError)
        await task
      })
    })
  })
}
