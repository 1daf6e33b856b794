/** StreamReader by itself, fed by hand: on every loop, with or without sockets. */
import type { Awaitable, Coroutine } from 'aioloop'
import {
  CancelledError,
  createTask,
  IncompleteReadError,
  LimitOverrunError,
  LoopStateError,
  type ReadTransport,
  StreamReader,
  sleep,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { caught, inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRefusal, expectThrows, LOOP_STATE } from './refusal.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

/** A transport that only counts. */
class Tap {
  paused = false
  readonly calls: string[] = []

  pauseReading(): void {
    this.paused = true
    this.calls.push('pause')
  }

  resumeReading(): void {
    this.paused = false
    this.calls.push('resume')
  }
}

/** The memory, as another thread would get it; undefined where it is refused. */
function take(buffer: ArrayBuffer): ArrayBuffer | undefined {
  try {
    return structuredClone(buffer, { transfer: [buffer] })
  } catch {
    return undefined
  }
}

export function streamReaderContract(harness: Harness): void {
  describe('StreamReader', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle, isAsync }) => {
      const run = (body: () => Coroutine<void>): Promise<void> => lab.run(co(body))

      test('read gives what is there, at most the count, and does not give way', () =>
        run(function* () {
          const reader = new StreamReader()
          reader.feedData(bytes('abcdef'))
          let rounds = 0
          createTask(
            co(function* () {
              rounds++
            }),
          )
          expect(String(yield* wait(reader.read(4)))).toBe('abcd')
          expect(String(yield* wait(reader.read(0)))).toBe('')
          expect(String(yield* wait(reader.read(4)))).toBe('ef')
          if (!isAsync) expect(rounds).toBe(0)
        }))

      test('read waits for the first piece, and gives no bytes at the end', () =>
        run(function* () {
          const reader = new StreamReader()
          const reading = createTask(
            co(function* () {
              const first = yield* wait(reader.read(100))
              const rest = yield* wait(reader.read(100))
              return [String(first), rest.length, reader.atEof()]
            }),
          )
          yield* settle()
          reader.feedData(bytes('one'))
          yield* settle()
          reader.feedEof()
          reader.feedEof()
          expect(yield* wait(reading)).toEqual(['one', 0, true])
        }))

      test('readexactly that waits takes its part of a larger piece, and of a smaller one with the next', () =>
        run(function* () {
          const reader = new StreamReader()
          for (const pieces of [
            ['abcd', 'ef'],
            ['ab', 'cdef'],
            ['abc', 'def'],
            ['a', 'b', 'cdef'],
          ]) {
            const reading = createTask(co(() => wait(reader.readexactly(3))))
            yield* settle()
            for (const piece of pieces) reader.feedData(bytes(piece))
            expect(String(yield* wait(reading))).toBe('abc')
            expect(String(yield* wait(reader.readexactly(3)))).toBe('def')
          }
        }))

      test('read without a count gives everything up to the end', () =>
        run(function* () {
          const reader = new StreamReader({ limit: 3 })
          reader.feedData(bytes('abc'))
          const reading = createTask(co(() => wait(reader.read())))
          yield* settle()
          for (let i = 0; i < 50; i++) reader.feedData(bytes('0123456789'))
          reader.feedEof()
          expect((yield* wait(reading)).length).toBe(503)
          expect((yield* wait(reader.read())).length).toBe(0)
        }))

      test('readexactly waits for all of it, also beyond the limit', () =>
        run(function* () {
          const reader = new StreamReader({ limit: 4 })
          const tap = new Tap()
          reader.setTransport(tap as unknown as ReadTransport)
          reader.feedData(bytes('123456789'))
          expect(tap.paused).toBe(true)
          const reading = createTask(co(() => wait(reader.readexactly(20))))
          yield* settle()
          expect(tap.paused).toBe(false)
          for (let i = 0; i < 12; i++) reader.feedData(bytes('x'))
          expect(String(yield* wait(reading))).toBe('123456789xxxxxxxxxxx')
          expect(String(yield* wait(reader.read(10)))).toBe('x')
          reader.feedData(bytes('tail'))
          reader.feedEof()
          const error = (yield* caught(wait(reader.readexactly(5)))) as IncompleteReadError
          expect(error).toBeInstanceOf(IncompleteReadError)
          expect([String(error.partial), error.expected, error.code]).toEqual([
            'tail',
            5,
            'ERR_AIOLOOP_INCOMPLETE_READ',
          ])
          expect(reader.atEof()).toBe(true)
          expect((yield* wait(reader.readexactly(0))).length).toBe(0)
        }))

      test('readline gives lines, what is left at the end, and then nothing', () =>
        run(function* () {
          const reader = new StreamReader()
          const lines = createTask(
            co(function* () {
              const found: string[] = []
              for (;;) {
                const line = yield* wait(reader.readline())
                found.push(String(line))
                if (line.length === 0) return found
              }
            }),
          )
          for (const piece of ['li', 'ne 1\nline', ' 2', '\n', '\nrest']) {
            reader.feedData(bytes(piece))
            yield* settle()
          }
          reader.feedEof()
          expect(yield* wait(lines)).toEqual(['line 1\n', 'line 2\n', '\n', 'rest', ''])
        }))

      test('a line over the limit is thrown away, and the next one read', () =>
        run(function* () {
          const reader = new StreamReader({ limit: 3 })
          reader.feedData(bytes('line 1\nok\n'))
          const error = (yield* caught(wait(reader.readline()))) as LimitOverrunError
          expect(error).toBeInstanceOf(LimitOverrunError)
          expect(error).toBeInstanceOf(RangeError)
          expect(String(yield* wait(reader.readline()))).toBe('ok\n')
          reader.feedData(bytes('no end yet'))
          expect(yield* caught(wait(reader.readline()))).toBeInstanceOf(LimitOverrunError)
          reader.feedData(bytes('new\n'))
          expect(String(yield* wait(reader.readline()))).toBe('new\n')
        }))

      test('readuntil takes one of several separators: the one that ends first', () =>
        run(function* () {
          const reader = new StreamReader()
          reader.feedData(bytes('key=value\r\nother\n\nend'))
          expect(String(yield* wait(reader.readuntil(['=', '\r\n'])))).toBe('key=')
          expect(String(yield* wait(reader.readuntil(['\n\n', '\r\n'])))).toBe('value\r\n')
          expect(String(yield* wait(reader.readuntil([bytes('her\n'), 'er'])))).toBe('other')
          expect(String(yield* wait(reader.readuntil(['\n\n', '\n'])))).toBe('\n')
          reader.feedEof()
          const error = (yield* caught(wait(reader.readuntil('nothing')))) as IncompleteReadError
          expect([String(error.partial), error.expected]).toEqual(['\nend', undefined])
        }))

      test('readuntil finds a separator that arrives in pieces', () =>
        run(function* () {
          const reader = new StreamReader()
          const reading = createTask(co(() => wait(reader.readuntil('<-end->'))))
          yield* settle()
          for (const letter of 'body <-e<-end->more') {
            reader.feedData(bytes(letter))
            yield* wait(sleep(0))
          }
          expect(String(yield* wait(reading))).toBe('body <-e<-end->')
          expect(String(yield* wait(reader.read(10)))).toBe('more')
        }))

      test('readuntil leaves the bytes when the separator is beyond the limit', () =>
        run(function* () {
          const reader = new StreamReader({ limit: 3 })
          reader.feedData(bytes('12345#'))
          const found = (yield* caught(wait(reader.readuntil('#')))) as LimitOverrunError
          expect([found.consumed, found.code]).toEqual([5, 'ERR_AIOLOOP_LIMIT_OVERRUN'])
          expect(String(yield* wait(reader.readexactly(found.consumed)))).toBe('12345')
          expect(String(yield* wait(reader.readuntil('#')))).toBe('#')
          reader.feedData(bytes('123456'))
          const missing = (yield* caught(wait(reader.readuntil('ab')))) as LimitOverrunError
          expect(missing.consumed).toBe(5)
          expect(String(yield* wait(reader.read(10)))).toBe('123456')
        }))

      test('iterating gives the lines', () =>
        run(function* () {
          const reader = new StreamReader()
          const lines = createTask(
            co(function* () {
              const found: string[] = []
              const iterator = reader[Symbol.asyncIterator]()
              for (;;) {
                const next = yield* wait(iterator.next())
                if (next.done === true) return found
                found.push(String(next.value))
              }
            }),
          )
          reader.feedData(bytes('a\nb'))
          yield* settle()
          reader.feedData(bytes('\nc'))
          reader.feedEof()
          expect(yield* wait(lines)).toEqual(['a\n', 'b\n', 'c'])
        }))

      test('an exception reaches the read that waits and all that follow', () =>
        run(function* () {
          const reader = new StreamReader()
          const mine = new Error('mine')
          const reading = createTask(co(() => wait(reader.read(1))))
          yield* settle()
          reader.setException(mine)
          expect(yield* caught(wait(reading))).toBe(mine)
          expect(reader.exception()).toBe(mine)
          for (const read of [
            () => reader.read(1),
            () => reader.read(0),
            () => reader.readline(),
            () => reader.readexactly(1),
          ]) {
            expect(yield* caught(wait(read()))).toBe(mine)
          }
        }))

      test('only one read waits at a time', () =>
        run(function* () {
          const reader = new StreamReader()
          const first = createTask(co(() => wait(reader.read(1))))
          yield* settle()
          const error = yield* caught(wait(reader.readline()))
          expectRefusal(error, { class: LoopStateError, code: LOOP_STATE, names: ['readline', 'reader.read'] })
          reader.feedData(bytes('x'))
          expect(String(yield* wait(first))).toBe('x')
        }))

      test('a cancelled read takes nothing, whenever the cancel comes', () =>
        run(function* () {
          const reader = new StreamReader()
          const reads: (() => Awaitable<unknown>)[] = [
            () => reader.read(2),
            () => reader.readexactly(2),
            () => reader.readline(),
            () => reader.readuntil('\n'),
            () => reader.readInto(Buffer.alloc(2)),
          ]
          for (const read of reads) {
            const waiting = createTask(co(() => wait(read())))
            yield* settle()
            waiting.cancel()
            expect(yield* caught(wait(waiting))).toBeInstanceOf(CancelledError)
            const granted = createTask(co(() => wait(read())))
            yield* settle()
            reader.feedData(bytes('a\n'))
            granted.cancel()
            expect(yield* caught(wait(granted))).toBeInstanceOf(CancelledError)
            expect(String(yield* wait(reader.read(10)))).toBe('a\n')
          }
          const ending = createTask(co(() => wait(reader.readexactly(5))))
          yield* settle()
          reader.feedData(bytes('abc'))
          reader.feedEof()
          ending.cancel()
          expect(yield* caught(wait(ending))).toBeInstanceOf(CancelledError)
          expect(String(yield* wait(reader.read()))).toBe('abc')
        }))
    })

    test('pauses its transport above twice the limit, and resumes it at the limit', () =>
      lab.run(async () => {
        const reader = new StreamReader({ limit: 10 })
        const tap = new Tap()
        reader.setTransport(tap as unknown as ReadTransport)
        expectThrows(() => reader.setTransport(tap as unknown as ReadTransport), {
          class: LoopStateError,
          code: LOOP_STATE,
        })
        reader.feedData(Buffer.alloc(20))
        expect(tap.calls).toEqual([])
        reader.feedData(Buffer.alloc(1))
        reader.feedData(Buffer.alloc(1))
        expect(tap.calls).toEqual(['pause'])
        await reader.read(11)
        expect(tap.calls).toEqual(['pause'])
        await reader.read(1)
        expect(tap.calls).toEqual(['pause', 'resume'])
      }))

    test('keeps what it gave as it was, however much comes after', () =>
      lab.run(async () => {
        const reader = new StreamReader()
        const source = Buffer.from('first')
        reader.feedData(source)
        source.fill(0)
        const first = await reader.read(5)
        for (let i = 0; i < 100; i++) {
          reader.feedData(Buffer.alloc(1000, i))
          await reader.read(500)
        }
        expect(first.toString()).toBe('first')
      }))

    test('gives bytes that are nobody else’s, of any size, while other readers read', () =>
      lab.run(async () => {
        const readers = Array.from({ length: 3 }, () => new StreamReader())
        const memory = Buffer.alloc(70_000)
        const given: { readonly bytes: Buffer; readonly mark: number; readonly size: number }[] = []
        let mark = 0
        const feed = (reader: StreamReader, size: number): number => {
          mark = (mark + 1) % 256
          reader.feedData(memory.subarray(0, size).fill(mark))
          // Whoever feeds uses the memory again.
          memory.fill(255 - mark)
          return mark
        }
        for (const size of [1, 7, 100, 1000, 5000, 16_383, 16_384, 16_385, 40_000, 65_536, 70_000]) {
          for (const reader of readers) {
            // One read that waits, and one that finds its bytes there.
            const waiting = reader.read(100_000)
            const first = feed(reader, size)
            given.push({ bytes: await waiting, mark: first, size })
            given.push({ mark: feed(reader, size), bytes: await reader.read(100_000), size })
          }
        }
        for (const { bytes, mark, size } of given) expect(bytes.equals(Buffer.alloc(size, mark))).toBe(true)
        // Writing into one touches no other.
        given.forEach(({ bytes }, index) => bytes.fill(index % 256))
        given.forEach(({ bytes, size }, index) => {
          expect(bytes.equals(Buffer.alloc(size, index % 256))).toBe(true)
        })
      }))

    test('goes on reading when the memory of what it gave is transferred away', () =>
      lab.run(async () => {
        const reader = new StreamReader()
        const other = new StreamReader()
        for (const size of [10, 3000, 20_000, 65_536, 10]) {
          reader.feedData(Buffer.alloc(size, 1))
          other.feedData(Buffer.alloc(5, 2))
          const { buffer } = await reader.read(size)
          const taken = take(buffer as ArrayBuffer)
          // What is large has memory of its own, which may go to another thread.
          if (size >= 20_000) expect(taken?.byteLength).toBe(size)
          await other.read(5)
          for (const again of [reader, other]) {
            again.feedData(Buffer.from(`after ${size}`))
            expect(String(await again.read(100))).toBe(`after ${size}`)
          }
        }
      }))

    test('for await reads lines', () =>
      lab.run(async () => {
        const reader = new StreamReader()
        reader.feedData(Buffer.from('a\nb\n'))
        reader.feedEof()
        const lines: string[] = []
        for await (const line of reader) lines.push(line.toString())
        expect(lines).toEqual(['a\n', 'b\n'])
      }))

    test('refuses wrong arguments', () =>
      lab.run(async () => {
        const reader = new StreamReader()
        const range = { class: RangeError, code: ARGUMENT_RANGE }
        const type = { class: TypeError, code: ARGUMENT_TYPE }
        for (const limit of [0, -1, Number.NaN]) expectThrows(() => new StreamReader({ limit }), range)
        expectThrows(() => new StreamReader({ limit: '1' as never }), type)
        expectThrows(() => reader.readexactly(-1), range)
        expectThrows(() => reader.readexactly(1.5), range)
        expectThrows(() => reader.read('1' as never), type)
        expectThrows(() => reader.readuntil(''), range)
        expectThrows(() => reader.readuntil([]), range)
        expectThrows(() => reader.readuntil(1 as never), type)
        expectThrows(() => reader.feedData('text' as never), { ...type, names: ['Buffer.from'] })
        reader.feedEof()
        expectThrows(() => reader.feedData(bytes('x')), { class: LoopStateError, code: LOOP_STATE, names: ['feedEof'] })
      }))
  })
}
