/** asyncio's test_tasks, on shield: where a cancel stops, and errors that nobody is left to see. */
import { createTask, ensureFuture, gather, getRunningLoop, isCancelled, LoopStateError, shield, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

export function shieldConformance(harness: Harness): void {
  describe('shield', () => {
    shieldedFutures(harness)
    onStage(harness, shieldedTasks)
  })
}

function shieldedFutures(harness: Harness): void {
  const lab = openLab(harness)

  /** A pending future and its shield, on a loop of their own. */
  function shielded() {
    const loop = lab.newLoop()
    const inner = loop.createFuture<number>()
    return { loop, inner, outer: shield(inner), round: () => loop.runUntilComplete(() => sleep(0)) }
  }

  test('gives the result', async () => {
    const { loop, inner, outer } = shielded()
    inner.setResult(42)
    expect(await loop.runUntilComplete(outer)).toBe(42)
  })

  test('gives the very exception', async () => {
    const { inner, outer, round } = shielded()
    await round()
    const error = new Error('expected')
    inner.setException(error)
    await round()
    expect(outer.exception()).toBe(error)
  })

  test('is cancelled with what it protects', async () => {
    const { inner, outer, round } = shielded()
    await round()
    inner.cancel()
    await round()
    expect(outer.cancelled()).toBe(true)
  })

  test.each(['a result', 'an error', 'two shields and an error'])('is cancelled alone; then comes %s', async (then) => {
    const { inner, outer, round } = shielded()
    const outers = [outer]
    if (then.startsWith('two')) outers.push(shield(inner))
    for (const one of outers) {
      await round()
      one.cancel()
      await round()
      expect([one.cancelled(), inner.done()]).toEqual([true, false])
    }
    const error = new Error('foo')
    if (then === 'a result') inner.setResult(1)
    else inner.setException(error)
    await round()
    const reports = lab.takeReports()
    expect(reports.map(({ exception }) => exception)).toEqual(then === 'a result' ? [] : [error])
  })

  test('of what is done gives its result', async () => {
    const loop = lab.newLoop()
    const future = loop.createFuture<number>()
    future.setResult(42)
    expect(await loop.runUntilComplete(shield(future))).toBe(42)
  })

  test('around a gather: the cancel stops at the shield', async () => {
    const loop = lab.newLoop()
    const [a, b] = [loop.createFuture<number>(), loop.createFuture<number>()]
    const parent = gather([a, b])
    const outer = shield(parent)
    await loop.runUntilComplete(() => sleep(0))
    outer.cancel()
    await loop.runUntilComplete(() => sleep(0))
    expect([outer.cancelled(), parent.done()]).toEqual([true, false])
    a.setResult(1)
    b.setResult(2)
    await loop.runUntilComplete(() => sleep(0))
    expect(parent.result()).toEqual([1, 2])
  })

  test('inside a gather: the cancel of the gather reaches the shields and not what they protect', async () => {
    const loop = lab.newLoop()
    const [a, b] = [loop.createFuture<number>(), loop.createFuture<number>()]
    const [innerA, innerB] = [shield(a), shield(b)]
    const parent = gather([innerA, innerB])
    await loop.runUntilComplete(() => sleep(0))
    parent.cancel()
    await loop.runUntilComplete(() => sleep(0))
    expect(isCancelled(parent.exception())).toBe(true)
    expect([innerA.cancelled(), innerB.cancelled(), a.done(), b.done()]).toEqual([true, true, false, false])
    a.setResult(1)
    b.setResult(2)
    await loop.runUntilComplete(() => sleep(0))
  })
}

function shieldedTasks({ co, wait, main, settle, caught }: Stage): void {
  test('a cancelled task leaves the coroutine that it shields running', () =>
    main(function* () {
      const waiter = getRunningLoop().createFuture<void>()
      const proof: string[] = []
      const inner = co(function* () {
        yield* wait(waiter)
        proof.push('inner')
      })
      const outer = createTask(
        co(function* () {
          yield* wait(shield(inner))
          proof.push('outer')
        }),
      )
      yield* settle()
      outer.cancel()
      expect(isCancelled(yield* caught(outer))).toBe(true)
      waiter.setResult(undefined)
      yield* settle()
      expect(proof).toEqual(['inner'])
    }))

  test('makes a task of a coroutine on the running loop, and is refused where there is none', async () => {
    let ran = 0
    const body = co(function* () {
      ran++
      return 42
    })
    expect(() => shield(body)).toThrow(LoopStateError)
    expect(ran).toBe(0)
    await main(function* () {
      const outer = shield(body)
      expect(outer.getLoop() === getRunningLoop()).toBe(true)
      expect(yield* wait(ensureFuture(outer))).toBe(42)
    })
  })
}
