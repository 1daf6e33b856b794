import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Deque } from '../../../src/base/deque.ts'

interface Item {
  readonly n: number
}

describe('Deque', () => {
  test('an empty deque has nothing to give', () => {
    const deque = new Deque<Item>()
    expect([deque.length, deque.shift(), deque.at(0)]).toEqual([0, undefined, undefined])
  })

  test('items come out in the order in which they went in, across many growths', () => {
    const deque = new Deque<Item>()
    for (let n = 0; n < 10_000; n++) deque.push({ n })
    expect(deque.length).toBe(10_000)
    for (let n = 0; n < 10_000; n++) expect(deque.shift()?.n).toBe(n)
    expect(deque.length).toBe(0)
  })

  test('any program of pushes, shifts, unshifts, swaps and clears does what an array does', () => {
    const op = fc.constantFrom(...Object.keys(OPERATIONS))
    fc.assert(
      fc.property(fc.array(fc.tuple(op, fc.nat()), { maxLength: 400 }), (steps) => {
        const deque = new Deque<Item>()
        const model: Item[] = []
        for (const [name, n] of steps) {
          OPERATIONS[name]?.(deque, model, n)
          expect(deque.length).toBe(model.length)
          expect(deque.at(model.length - 1)).toBe(model.at(-1))
        }
        expect(model.map((_item, index) => deque.at(index))).toEqual(model)
      }),
    )
  })
})

/** Each operation, on the deque and on an array that stands for it. Pushes come twice, so that programs grow. */
const OPERATIONS: Record<string, (deque: Deque<Item>, model: Item[], n: number) => void> = {
  push,
  pushAgain: push,
  shift(deque, model) {
    expect(deque.shift()).toBe(model.shift())
  },
  unshift(deque, model, n) {
    const item = { n }
    deque.unshift(item)
    model.unshift(item)
  },
  swap(deque, model, n) {
    if (model.length === 0) return
    const [a, b] = [n % model.length, (n * 7) % model.length]
    const held = model[a] as Item
    model[a] = model[b] as Item
    model[b] = held
    deque.swap(a, b)
  },
  removeNewest(deque, model, n) {
    const item = model[n % Math.max(1, model.length)] ?? { n }
    const index = model.lastIndexOf(item)
    expect(deque.removeNewest(item)).toBe(index >= 0)
    if (index >= 0) model.splice(index, 1)
  },
  clear(deque, model, n) {
    if (n % 10 !== 0) return
    deque.clear()
    model.length = 0
  },
}

function push(deque: Deque<Item>, model: Item[], n: number): void {
  const item = { n }
  deque.push(item)
  model.push(item)
}
