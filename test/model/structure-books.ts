/** What must add up in the books of a random program, whatever it was and whoever was cancelled when. */
import { expect } from 'vitest'
import type { StructureBooks, StructureProgram } from './structure-programs.ts'

export function checkStructure(program: StructureProgram, books: StructureBooks): void {
  const { broken, sent, refused, got, left, asked, counted, places } = books
  expect(broken).toEqual([])
  expect([books.lockHeld, books.borrowed, books.waiting], 'something is still held or waited for').toEqual([
    false,
    0,
    0,
  ])
  expect(counted, 'cancels that were asked for, by task').toEqual(asked)
  const out = [...got, ...left]
  expect(new Set(out).size, 'an item came out twice').toBe(out.length)
  const strangers = out.filter((item) => !sent.includes(item) && !refused.includes(item))
  expect(strangers, 'an item came from nowhere').toEqual([])
  // With the last receiver go the items in the buffer.
  if (program.keeps) {
    const missing = sent.filter((item) => !out.includes(item))
    expect(missing, 'an item was lost').toEqual([])
    const ghosts = left.filter((item) => refused.includes(item))
    expect(ghosts, 'an item of a cancelled send was left behind').toEqual([])
  }
  // The last to arrive never waits: its place was given once a round, and no other more often.
  const rounds = places[places.length - 1] ?? 0
  expect(places.every((times = 0) => times <= rounds)).toBe(true)
}
