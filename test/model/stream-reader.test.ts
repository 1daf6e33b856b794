/**
 * StreamReader against a simple model: random bytes in random pieces, random reads, in both orders of arrival (all there
 * before the read, or piece by piece while it waits), and cancels. The bytes that come out are those that went in, in order.
 */
import { createTask, IncompleteReadError, isCancelled, LimitOverrunError, run, StreamReader, sleep } from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const RUNS = Number(process.env.AIOLOOP_MODEL_RUNS ?? 200)

type Read =
  | { readonly kind: 'read'; readonly count: number }
  | { readonly kind: 'readexactly'; readonly count: number }
  | { readonly kind: 'readInto'; readonly count: number }
  | { readonly kind: 'readline' }
  | { readonly kind: 'readuntil'; readonly separators: readonly string[] }

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 40 })
const separators = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 3,
})
const reads: fc.Arbitrary<Read> = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), count: fc.nat(20) }),
  fc.record({ kind: fc.constant('readexactly' as const), count: fc.nat(20) }),
  fc.record({ kind: fc.constant('readInto' as const), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('readline' as const) }),
  fc.record({ kind: fc.constant('readuntil' as const), separators }),
)

/** Gives what was read as a copy, and spoils the memory: nothing may depend on it afterwards. */
async function readInto(reader: StreamReader, count: number): Promise<Buffer> {
  const memory = Buffer.alloc(count, '?')
  const bytes = Buffer.from(memory.subarray(0, await reader.readInto(memory)))
  memory.fill('!')
  return bytes
}

function start(reader: StreamReader, read: Read): PromiseLike<Buffer> {
  if (read.kind === 'readInto') return readInto(reader, read.count)
  if (read.kind === 'read') return reader.read(read.count)
  if (read.kind === 'readexactly') return reader.readexactly(read.count)
  if (read.kind === 'readline') return reader.readline()
  return reader.readuntil(read.separators)
}

/** What came out of `text` at a read, when all of it and the end are there: the bytes, or what the error says. */
function expected(text: string, read: Read, limit: number): { got: string; error?: string } {
  if (read.kind === 'read' || read.kind === 'readInto') return { got: text.slice(0, read.count) }
  if (read.kind === 'readexactly') {
    return text.length < read.count ? { got: text, error: 'incomplete' } : { got: text.slice(0, read.count) }
  }
  const wanted = read.kind === 'readline' ? ['\n'] : read.separators
  const found = wanted
    .map((separator) => ({ start: text.indexOf(separator), separator }))
    .filter((one) => one.start !== -1)
    .map((one) => ({ start: one.start, end: one.start + one.separator.length }))
    .sort((a, b) => a.end - b.end)[0]
  if (found !== undefined) return found.start > limit ? { got: '', error: 'limit' } : { got: text.slice(0, found.end) }
  const searched = Math.max(0, text.length + 1 - Math.max(...wanted.map((one) => one.length)))
  if (searched > limit) return { got: '', error: 'limit' }
  return read.kind === 'readline' ? { got: text } : { got: text, error: 'incomplete' }
}

async function outcome(read: PromiseLike<Buffer>): Promise<{ got: string; error?: string }> {
  try {
    return { got: (await read).toString() }
  } catch (error) {
    if (error instanceof IncompleteReadError) return { got: Buffer.from(error.partial).toString(), error: 'incomplete' }
    if (error instanceof LimitOverrunError) return { got: '', error: 'limit' }
    throw error
  }
}

/** A read in a task that is cancelled after a while, or not. What it took is noted where it was taken. */
async function readOrCancel(
  reader: StreamReader,
  { read, cancelAfter }: { readonly read: Read; readonly cancelAfter: number | undefined },
  taken: string[],
): Promise<void> {
  const task = createTask(async () => {
    const { got } = await outcome(start(reader, read))
    taken.push(got)
  })
  if (cancelAfter !== undefined) createTask(() => sleep(cancelAfter)).addDoneCallback(() => task.cancel())
  try {
    await task
  } catch (error) {
    if (!isCancelled(error)) throw error
  }
}

describe('a StreamReader and a string', () => {
  test('give the same, for everything that arrived before the reads', async () => {
    const property = fc.asyncProperty(
      fc.array(letters, { maxLength: 6 }),
      fc.array(reads, { maxLength: 12 }),
      fc.integer({ min: 1, max: 60 }),
      async (pieces, program, limit) => {
        await run(
          async () => {
            const reader = new StreamReader({ limit })
            for (const piece of pieces) reader.feedData(Buffer.from(piece))
            reader.feedEof()
            let left = pieces.join('')
            for (const read of program) {
              const want = expected(left, read, limit)
              expect(await outcome(start(reader, read))).toEqual(want)
              // A line that is too long is thrown away with what the model does not follow.
              if (want.error === 'limit' && read.kind === 'readline') return
              left = left.slice(want.got.length)
            }
            expect(await outcome(reader.read())).toEqual({ got: left })
            expect(reader.atEof()).toBe(true)
          },
          { loopFactory: () => new VirtualLoop() },
        )
      },
    )
    await fc.assert(property, { numRuns: RUNS })
  })

  test('give the same when the pieces arrive while reads wait, and some of those are cancelled', async () => {
    const property = fc.asyncProperty(
      fc.array(letters, { maxLength: 12 }),
      fc.array(fc.record({ read: reads, cancelAfter: fc.option(fc.nat(3), { nil: undefined }) }), { maxLength: 12 }),
      async (pieces, program) => {
        await run(
          async () => {
            const reader = new StreamReader()
            const feeding = createTask(async () => {
              for (const piece of pieces) {
                await sleep(1)
                reader.feedData(Buffer.from(piece))
              }
              await sleep(1)
              reader.feedEof()
            })
            const taken: string[] = []
            for (const step of program) await readOrCancel(reader, step, taken)
            taken.push((await outcome(reader.read())).got)
            await feeding
            expect(taken.join('')).toBe(pieces.join(''))
          },
          { loopFactory: () => new VirtualLoop() },
        )
      },
    )
    await fc.assert(property, { numRuns: RUNS })
  })
})
