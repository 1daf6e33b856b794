/** The channels `aioloop:task` and `aioloop:loop`: what a tracing tool hears of the life of tasks and loops. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { EventLoop, LoopMessage, TaskMessage } from 'aioloop'
import { createTask, isCancelled, sleep } from 'aioloop'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'

export function diagnosticsChannelsContract(harness: Harness): void {
  describe('diagnostics channels', () => {
    const lab = openLab(harness)
    const tasks: TaskMessage[] = []
    const loops: LoopMessage[] = []
    const onTask = (message: unknown): void => void tasks.push(message as TaskMessage)
    const onLoop = (message: unknown): void => void loops.push(message as LoopMessage)

    beforeEach(() => {
      tasks.length = loops.length = 0
      subscribe('aioloop:task', onTask)
      subscribe('aioloop:loop', onLoop)
    })
    afterEach(() => {
      unsubscribe('aioloop:task', onTask)
      unsubscribe('aioloop:loop', onLoop)
    })

    /** What was heard of the task with this name, without the task itself. */
    function heardOf(name: string): object[] {
      return tasks
        .filter(({ task }) => task.getName() === name)
        .map(({ task: _, ...rest }) => ('creator' in rest ? { ...rest, creator: rest.creator?.getName() } : rest))
    }

    inBothLanes((lane) => {
      const { co, wait } = lane

      test('a task that finishes is created and ends', async () => {
        await lab.run(
          co(function* () {
            yield* wait(createTask(() => sleep(1), { name: 'child' }))
          }),
        )
        expect(heardOf('child')).toEqual([
          { type: 'created', creator: 'main' },
          { type: 'ended', outcome: 'finished' },
        ])
        expect(heardOf('main')).toEqual([
          { type: 'created', creator: undefined },
          { type: 'ended', outcome: 'finished' },
        ])
      })

      test('a task that fails ends with its error, which still must be retrieved', async () => {
        const error = new Error('expected')
        await lab.run(
          co(function* () {
            createTask(
              co(function* () {
                throw error
              }),
              { name: 'child' },
            )
            yield* lane.settle()
          }),
        )
        expect(heardOf('child').at(-1)).toEqual({ type: 'ended', outcome: 'failed', error })
        expect(lab.takeReports().map(({ message }) => message)).toEqual(['Task exception was never retrieved'])
      })

      test('a cancel is heard of when it is asked for, and the end when it came', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(() => sleep(1000), { name: 'child' })
            yield* wait(sleep(0))
            task.cancel('enough')
            try {
              yield* wait(task)
            } catch (error) {
              expect(isCancelled(error)).toBe(true)
            }
            task.cancel('too late')
          }),
        )
        expect(heardOf('child').slice(1)).toEqual([
          { type: 'cancel', message: 'enough' },
          { type: 'ended', outcome: 'cancelled' },
        ])
      })
    })

    test('a loop is created, starts and stops for each run, and is closed', async () => {
      const loop: EventLoop = lab.newLoop()
      await loop.runUntilComplete(() => sleep(1))
      await loop.runUntilComplete(() => sleep(1))
      loop.close()
      loop.close()
      expect(loops.filter((message) => message.loop === loop).map(({ type }) => type)).toEqual([
        'created',
        'started',
        'stopped',
        'started',
        'stopped',
        'closed',
      ])
    })

    test('an eager task is heard of before its first step', async () => {
      const heard: unknown[] = []
      await lab.run(async () => {
        await createTask(
          async () => {
            heard.push(...heardOf('eager'))
          },
          { name: 'eager', eagerStart: true },
        )
      })
      expect(heard).toEqual([{ type: 'created', creator: 'main' }])
    })
  })
}
