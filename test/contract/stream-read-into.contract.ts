/** StreamReader.readInto: reads into memory of the caller, on every loop, with or without sockets. */
import type { Coroutine } from 'aioloop'
import { CancelledError, createTask, LoopStateError, StreamReader } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { caught, inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRefusal, expectThrows, LOOP_STATE } from './refusal.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

export function streamReadIntoContract(harness: Harness): void {
  describe('StreamReader into memory', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const run = (body: () => Coroutine<void>): Promise<void> => lab.run(co(body))

      test('readInto fills memory of the caller with what is there, and says how much', () =>
        run(function* () {
          const reader = new StreamReader()
          const memory = new Uint8Array(8).fill(1)
          const inside = memory.subarray(2, 6)
          reader.feedData(bytes('abcdef'))
          reader.feedData(bytes('gh'))
          expect(yield* wait(reader.readInto(inside))).toBe(4)
          expect(String(Buffer.from(memory))).toBe('\u0001\u0001abcd\u0001\u0001')
          expect(yield* wait(reader.readInto(memory))).toBe(4)
          expect(String(Buffer.from(memory))).toBe('efghcd\u0001\u0001')
          reader.feedData(bytes('i'))
          reader.feedEof()
          expect(yield* wait(reader.readInto(memory))).toBe(1)
          expect(yield* wait(reader.readInto(memory))).toBe(0)
          expect(String(Buffer.from(memory))).toBe('ifghcd\u0001\u0001')
          expect(reader.atEof()).toBe(true)
        }))

      test('readInto waits, takes what there is room for, and leaves the rest', () =>
        run(function* () {
          const reader = new StreamReader()
          const memory = Buffer.alloc(3)
          const source = bytes('abcde')
          const reading = createTask(co(() => wait(reader.readInto(memory))))
          yield* settle()
          reader.feedData(source)
          source.fill('-')
          reader.feedData(bytes('f'))
          expect([yield* wait(reading), String(memory)]).toEqual([3, 'abc'])
          expect(String(yield* wait(reader.read(10)))).toBe('def')
          const next = createTask(co(() => wait(reader.readInto(memory))))
          yield* settle()
          reader.feedData(bytes('gh'))
          expect([yield* wait(next), String(memory)]).toEqual([2, 'ghc'])
          const last = createTask(co(() => wait(reader.readInto(memory))))
          yield* settle()
          reader.feedEof()
          expect(yield* wait(last)).toBe(0)
        }))

      test('a cancelled readInto leaves its bytes to the next read, whatever becomes of the memory', () =>
        run(function* () {
          const reader = new StreamReader()
          const memory = Buffer.alloc(3)
          const granted = createTask(co(() => wait(reader.readInto(memory))))
          yield* settle()
          reader.feedData(bytes('abcd'))
          granted.cancel()
          expect(yield* caught(wait(granted))).toBeInstanceOf(CancelledError)
          memory.fill('-')
          expect(String(yield* wait(reader.read(10)))).toBe('abcd')
        }))

      test('a readInto whose memory is transferred while it waits fails, and the bytes stay', () =>
        run(function* () {
          const reader = new StreamReader()
          const memory = new Uint8Array(new ArrayBuffer(3))
          const reading = createTask(co(() => wait(reader.readInto(memory))))
          yield* settle()
          structuredClone(memory.buffer, { transfer: [memory.buffer] })
          reader.feedData(bytes('abcd'))
          const error = yield* caught(wait(reading))
          expectRefusal(error, { class: LoopStateError, code: LOOP_STATE, names: ['reader.readInto', 'transferred'] })
          expect(String(yield* wait(reader.read(10)))).toBe('abcd')
        }))
    })

    test('refuses what is no memory', () =>
      lab.run(async () => {
        const reader = new StreamReader()
        const type = { class: TypeError, code: ARGUMENT_TYPE }
        expectThrows(() => reader.readInto(new Uint8Array(0)), { class: RangeError, code: ARGUMENT_RANGE })
        expectThrows(() => reader.readInto('1' as never), type)
        expectThrows(() => reader.readInto(new ArrayBuffer(1) as never), type)
      }))
  })
}
