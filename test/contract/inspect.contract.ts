/** What `util.inspect` shows of futures, tasks, groups, timeouts and loops: state, name, and who waits for what. */
import { inspect } from 'node:util'
import type { Task, TaskGroup, Timeout } from 'aioloop'
import { createTask, gather, getRunningLoop, sleep, taskGroup, timeout, wait } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'

export function inspectContract(harness: Harness): void {
  describe('inspect', () => {
    const lab = openLab(harness)
    const CREATED = / created at [^>]*(?=>)/g
    /** Without what debug mode adds. */
    const shown = (value: unknown): string => inspect(value).replaceAll(CREATED, '')

    test('a future in each of its states', () => {
      const loop = lab.newLoop()
      const [finished, failed, cancelled] = [loop.createFuture(), loop.createFuture(), loop.createFuture()]
      finished.setResult({ answer: 42 })
      failed.setException(new TypeError('wrong'))
      cancelled.cancel()
      expect(shown(loop.createFuture())).toBe('<Future pending>')
      expect(shown(finished)).toBe('<Future finished result={ answer: 42 }>')
      expect(shown(failed)).toBe('<Future failed exception=TypeError: wrong>')
      expect(shown(cancelled)).toBe('<Future cancelled>')
      expect(failed.exception()).toBeInstanceOf(TypeError)
    })

    test('a future names its first and last callback and counts those between', () => {
      const future = lab.newLoop().createFuture()
      future.addDoneCallback(function first() {})
      expect(shown(future)).toBe('<Future pending callbacks=[first]>')
      future.addDoneCallback(function second() {})
      expect(shown(future)).toBe('<Future pending callbacks=[first, second]>')
      future.addDoneCallback(() => {})
      future.addDoneCallback(function last() {})
      expect(shown(future)).toBe('<Future pending callbacks=[first, <2 more>, last]>')
    })

    test('a future counts those who wait for it', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture<void>()
        const both = [createTask(() => future), createTask(async () => await future)]
        await sleep(1)
        expect(shown(future)).toBe('<Future pending waiters=2>')
        future.setResult()
        await gather(both)
        expect(shown(future)).toBe('<Future finished result=undefined>')
      })
    })

    test('a task says what it waits on', async () => {
      await lab.run(async () => {
        const inner = createTask(async function inner() {
          await sleep(1_000_000)
        })
        inner.setName('the inner')
        const outer = createTask(
          async function outer() {
            await inner
          },
          { name: 'the outer' },
        )
        await sleep(1)
        expect(shown(inner)).toBe('<Task "the inner" pending waiting on sleep coro=inner waiters=1>')
        expect(shown(outer)).toBe('<Task "the outer" pending waiting on task "the inner" coro=outer>')
        inner.cancel()
        await wait([outer])
        expect(shown(outer)).toBe('<Task "the outer" cancelled coro=outer>')
      })
    })

    test('a task that was asked to end and has not says so', async () => {
      await lab.run(async () => {
        const task: Task<void> = createTask(async function work() {
          await sleep(1_000_000)
        })
        await sleep(1)
        task.cancel()
        expect(shown(task)).toMatch(/^<Task "Task-\d+" cancelling waiting on sleep coro=work/)
        await wait([task])
        expect(shown(task)).toMatch(/^<Task "Task-\d+" cancelled coro=work>$/)
      })
    })

    test('a gathered future counts what is outstanding', async () => {
      await lab.run(async () => {
        const gathered = gather([() => sleep(1), () => sleep(2), getRunningLoop().createFuture()])
        expect(shown(gathered)).toBe('<gather pending outstanding=3>')
        gathered.cancel()
        await wait([gathered])
      })
    })

    test('a task group counts its tasks and errors', async () => {
      let group: TaskGroup | undefined
      const seen: string[] = []
      await lab.run(async () => {
        await taskGroup(async (tg) => {
          group = tg
          seen.push(shown(tg))
          tg.createTask(() => sleep(1))
          seen.push(shown(tg))
          tg.cancel()
          seen.push(shown(tg))
          await sleep(1)
        })
      })
      expect(seen).toEqual([
        '<TaskGroup entered tasks=0 errors=0>',
        '<TaskGroup entered tasks=1 errors=0>',
        '<TaskGroup cancelling tasks=1 errors=0>',
      ])
      expect(shown(group)).toBe('<TaskGroup ended tasks=0 errors=0>')
    })

    test('a timeout shows its state and deadline', async () => {
      let scope: Timeout | undefined
      await lab.run(async () => {
        await timeout(1000, async (entered) => {
          scope = entered
          expect(shown(entered)).toMatch(/^<Timeout \[active\] when=\d+(\.\d+)?>$/)
        })
      })
      expect(shown(scope)).toBe('<Timeout [finished]>')
    })

    test('a handle shows its callback, and a timer when it fires', () => {
      const loop = lab.newLoop()
      loop.setDebug(false)
      const handle = loop.callSoon(function work() {})
      const timer = loop.callAt(loop.time() + 5, function later() {})
      expect(inspect(handle)).toBe('<Handle work>')
      expect(inspect(timer)).toMatch(/^<TimerHandle when=\d+\.\d{3} later>$/)
      handle.cancel()
      timer.cancel()
      expect(inspect(handle)).toBe('<Handle cancelled>')
      expect(inspect(timer)).toMatch(/^<TimerHandle when=\d+\.\d{3} cancelled>$/)
    })

    test('a loop shows its name and state', async () => {
      const loop = lab.newLoop()
      loop.setDebug(false)
      const { name } = loop
      expect(inspect(loop)).toBe(`<EventLoop ${name} idle>`)
      expect(await loop.runUntilComplete(async () => inspect(loop))).toBe(`<EventLoop ${name} running>`)
      loop.close()
      expect(inspect(loop)).toBe(`<EventLoop ${name} closed>`)
    })
  })
}
