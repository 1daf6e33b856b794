/** ExceptionGroup: the tree, its parts, and how it is printed. */
import { inspect } from 'node:util'
import { ExceptionGroup } from 'aioloop'
import { describe, expect, test } from 'vitest'

class Custom extends ExceptionGroup {
  override derive(errors: readonly unknown[]): Custom {
    return new Custom(this.message, errors)
  }
}

const tree = () =>
  new ExceptionGroup('outer', [
    new TypeError('a'),
    new ExceptionGroup('inner', [new RangeError('b'), new TypeError('c')]),
    new Error('d'),
  ])

const leaves = (group: unknown): unknown =>
  group instanceof ExceptionGroup
    ? { [group.message]: group.errors.map(leaves) }
    : ((group as Error | undefined)?.message ?? group)

describe('ExceptionGroup', () => {
  test('is an AggregateError with the errors in order, and needs one', () => {
    const group = tree()
    expect(group).toBeInstanceOf(AggregateError)
    expect(group.name).toBe('ExceptionGroup')
    expect(leaves(group)).toEqual({ outer: ['a', { inner: ['b', 'c'] }, 'd'] })
    expect(() => new ExceptionGroup('none', [])).toThrow(RangeError)
    expect(() => new ExceptionGroup('none', 5 as never)).toThrow(TypeError)
  })

  test('split keeps the nesting of both parts', () => {
    const group = tree()
    const [types, rest] = group.split(TypeError)
    expect(leaves(types)).toEqual({ outer: ['a', { inner: ['c'] }] })
    expect(leaves(rest)).toEqual({ outer: [{ inner: ['b'] }, 'd'] })
    expect([types?.stack, rest?.stack]).toEqual([group.stack, group.stack])
  })

  test('split by a list of classes, by a function, by the class of the group itself', () => {
    expect(leaves(tree().split([TypeError, RangeError])[1])).toEqual({ outer: ['d'] })
    expect(leaves(tree().subgroup((error) => error instanceof Error && error.message === 'b'))).toEqual({
      outer: [{ inner: ['b'] }],
    })
    const group = tree()
    expect(group.split(ExceptionGroup)[0] === group).toBe(true)
    expect(group.split(SyntaxError)[0]).toBe(undefined)
    expect(group.split(Error)[1]).toBe(undefined)
    expect(() => group.split(5 as never)).toThrow(TypeError)
  })

  test('a subclass stays itself through derive, and the cause is kept', () => {
    const cause = new Error('cause')
    const group = new Custom('custom', [new TypeError('a'), new Error('b')], { cause })
    const part = group.subgroup(TypeError)
    expect(part).toBeInstanceOf(Custom)
    expect(part?.cause === cause).toBe(true)
  })

  test('is printed as a tree', () => {
    const text = inspect(tree())
      .split('\n')
      .filter((line) => !/^[│ ]*at /.test(line))
    expect(text).toEqual([
      'ExceptionGroup: outer (3 errors)',
      '├─ TypeError: a',
      '├─ ExceptionGroup: inner (2 errors)',
      '│  ├─ RangeError: b',
      '│  └─ TypeError: c',
      '└─ Error: d',
    ])
  })
})
