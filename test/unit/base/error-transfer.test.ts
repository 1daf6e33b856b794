/** Errors as data and back. What workers and loops do with it is in the contract suites. */
import { LimitOverrunError, LoopStateError } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { packThrown, unpackThrown } from '../../../src/base/error-transfer.ts'

/** There and back, as a clone. */
const sent = (thrown: unknown): unknown => unpackThrown(structuredClone(packThrown(thrown)))

describe('errors on their way', () => {
  test("errors that are each other's cause are so again", () => {
    const first: Error = new Error('first')
    const second = new TypeError('second', { cause: first })
    first.cause = second
    const back = sent(first) as Error
    expect(back.message).toBe('first')
    expect(back.cause).toBeInstanceOf(TypeError)
    expect((back.cause as Error).cause).toBe(back)
  })

  test('errors that all know each other are packed once', () => {
    const all = Array.from({ length: 10 }, (_, i) => Object.assign(new Error(`${i}`), { errors: [] as Error[] }))
    for (const each of all) each.errors = all
    const back = sent(all[0]) as AggregateError
    expect(back.errors.map((each: Error) => each.message)).toEqual(all.map((each) => each.message))
    expect(new Set(back.errors.flatMap((each: AggregateError) => each.errors)).size).toBe(10)
  })

  test('a chain of causes that goes on is cut', () => {
    let error = new Error('0')
    for (let i = 1; i < 10_000; i++) error = new Error(`${i}`, { cause: error })
    let depth = 0
    for (let at: unknown = sent(error); at instanceof Error; at = at.cause) depth++
    expect(depth).toBe(17)
  })

  test('classes of this library, and those that extend them, are restored', () => {
    const state = sent(new LoopStateError('not now')) as LoopStateError
    expect(state).toBeInstanceOf(LoopStateError)
    expect(state.code).toBe('ERR_AIOLOOP_LOOP_STATE')
    class TooLong extends LimitOverrunError {
      override readonly name = 'TooLong'
    }
    const long = sent(new TooLong('long', 5)) as TooLong
    expect(long).toBeInstanceOf(LimitOverrunError)
    expect([long.name, long.consumed]).toEqual(['TooLong', 5])
    class Plain extends Error {}
    expect(sent(new Plain('p'))).toMatchObject({ name: 'Plain', message: 'p' })
  })

  test('errors of Node keep their names', () => {
    const thrown: unknown[] = []
    for (const act of [() => Buffer.alloc('5' as never), () => structuredClone(() => {}), () => decodeURI('%')]) {
      try {
        act()
      } catch (error) {
        thrown.push(error)
      }
    }
    expect(thrown.map((error) => (sent(error) as Error).name)).toEqual(['TypeError', 'DataCloneError', 'URIError'])
  })

  test('values that are no errors are clones or words', () => {
    for (const value of [undefined, null, 5, 'text', 7n, [1, { a: new Date(3) }], new Uint8Array([1])]) {
      expect(sent(value)).toEqual(value)
    }
    expect(sent(Symbol('s'))).toBe('Symbol(s)')
    expect(sent(function named() {})).toBe('[Function: named]')
    expect(sent({ call: () => 1 })).toBe('{ call: [Function: call] }')
  })

  test('a getter inside a field runs once', () => {
    let reads = 0
    const field = {
      get once(): number {
        return ++reads
      },
    }
    expect(sent(Object.assign(new Error('e'), { field }))).toMatchObject({ field: { once: 1 } })
  })
})
