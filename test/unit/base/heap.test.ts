import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Heap } from '../../../src/base/heap.ts'

const ascending = (a: number, b: number) => a - b

function drain(heap: Heap<number>): number[] {
  const items: number[] = []
  while (heap.size > 0) items.push(heap.pop())
  return items
}

describe('Heap', () => {
  test('any program of pushes, pops and removals gives what a sorted list gives', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('push' as const), n: fc.integer({ min: -20, max: 20 }) }),
      fc.record({ op: fc.constant('remove' as const), n: fc.integer({ min: -20, max: 20 }) }),
      fc.record({ op: fc.constant('pop' as const), n: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new Heap(ascending)
        const model: number[] = []
        for (const { op, n } of steps) {
          const index = model.indexOf(n)
          if (op === 'push') {
            heap.push(n)
            model.push(n)
          } else if (op === 'remove') {
            expect(heap.remove(n)).toBe(index >= 0)
            if (index >= 0) model.splice(index, 1)
          } else if (model.length > 0) {
            expect(heap.pop()).toBe(model.shift())
          }
          model.sort(ascending)
          expect(heap.size).toBe(model.length)
        }
        expect(drain(heap)).toEqual(model)
      }),
    )
  })

  test('a compare that throws for a new item leaves the heap as it was', () => {
    const heap = new Heap<number>((a, b) => {
      if (Number.isNaN(a) || Number.isNaN(b)) throw new RangeError('expected')
      return a - b
    })
    for (const n of [3, 1, 2]) heap.push(n)
    expect(() => heap.push(Number.NaN)).toThrow(RangeError)
    expect(drain(heap)).toEqual([1, 2, 3])
    heap.push(1)
    heap.clear()
    expect(heap.size).toBe(0)
  })
})
