import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Linked, LinkedList } from '../../../src/base/linked-list.ts'

class Node implements Linked<Node> {
  older: Node | undefined
  newer: Node | undefined
}

describe('LinkedList', () => {
  test('any order of additions and removals leaves the rest in order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1000 }), { maxLength: 200 }), (choices) => {
        const list = new LinkedList<Node>()
        const model: Node[] = []
        for (const choice of choices) {
          if (choice % 3 === 0 && model.length > 0) {
            const [removed] = model.splice(choice % model.length, 1)
            list.remove(removed as Node)
            expect([removed?.older, removed?.newer]).toEqual([undefined, undefined])
          } else {
            const node = new Node()
            list.add(node)
            model.push(node)
          }
          expect(list.size).toBe(model.length)
        }
        const items = list.toArray()
        expect(items.length === model.length && items.every((item, index) => item === model[index])).toBe(true)
      }),
    )
  })

  test('an item that was removed can be added again, and comes last', () => {
    const list = new LinkedList<Node>()
    const [a, b] = [new Node(), new Node()]
    list.add(a)
    list.add(b)
    list.remove(a)
    list.add(a)
    expect(list.toArray()[1]).toBe(a)
    expect(list.size).toBe(2)
  })
})
