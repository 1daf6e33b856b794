/** Eager tasks: the first step inside createTask, with the right current task; everything after it as ever. */
import {
  allTasks,
  createEagerTaskFactory,
  createTask,
  currentTask,
  eagerTaskFactory,
  getRunningLoop,
  sleep,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'

export function eagerContract(harness: Harness): void {
  describe('eager tasks', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle, isAsync }) => {
      test('the first step is taken inside createTask, as the new task, and the caller is current again after it', async () => {
        await lab.run(
          co(function* () {
            const caller = currentTask()
            const log: unknown[] = []
            const task = createTask(
              co(function* () {
                log.push(currentTask() !== caller, allTasks().has(currentTask() as never))
                yield* wait(sleep(0))
                log.push('second step')
                return 'value'
              }),
              { eagerStart: true },
            )
            log.push('created', currentTask() === caller)
            expect(yield* wait(task)).toBe('value')
            expect(log).toEqual([true, true, 'created', true, 'second step'])
          }),
        )
      })

      test('a coroutine that need not wait is done at once, and its done-callbacks still come from a round', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            const task = createTask(
              co(function* () {
                return 'value'
              }),
              { eagerStart: true },
            )
            // An async function's end shows itself in a promise job.
            expect(task.done()).toBe(!isAsync)
            task.addDoneCallback(() => log.push('callback'))
            expect(log).toEqual([])
            yield* settle()
            expect([log, task.result()]).toEqual([['callback'], 'value'])
          }),
        )
      })

      test('the factory makes every task eager, unless the call says otherwise', async () => {
        await lab.run(
          co(function* () {
            const loop = getRunningLoop()
            const names: (string | undefined)[] = []
            const log: string[] = []
            for (const factory of [
              eagerTaskFactory,
              createEagerTaskFactory((owner, coro, options) => {
                names.push(options.name)
                return eagerTaskFactory(owner, coro, options)
              }),
            ]) {
              loop.setTaskFactory(factory)
              log.length = 0
              const body = co(function* () {
                log.push('step')
                yield* wait(sleep(0))
              })
              createTask(body, { name: 'eager' })
              log.push('created')
              createTask(body, { eagerStart: false })
              log.push('created')
              yield* settle()
              expect(log).toEqual(['step', 'created', 'created', 'step'])
            }
            loop.setTaskFactory(null)
            expect(names).toEqual(['eager', undefined])
          }),
        )
      })

      test('an eager task can be cancelled at its first wait', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                yield* wait(getRunningLoop().createFuture())
              }),
              { eagerStart: true },
            )
            task.cancel()
            yield* settle()
            expect(task.cancelled()).toBe(true)
          }),
        )
      })
    })

    test('on a loop that does not run, the first step waits for the first round', () => {
      const loop = lab.newLoop()
      let started = false
      const task = loop.createTask(
        async () => {
          started = true
        },
        { eagerStart: true },
      )
      expect([started, task.done()]).toEqual([false, false])
      loop.close()
      expect(lab.takeReports().length).toBe(1)
    })
  })
}
