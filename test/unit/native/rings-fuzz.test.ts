/**
 * Random traffic through rings of random sizes: connections that echo pieces of random sizes, timers, callbacks and
 * look-ups, all at once, so that rings wrap and fill in every phase. Nothing may be lost, turned round or mixed up.
 */
import { createHash } from 'node:crypto'
import {
  getRunningLoop,
  openConnection,
  run,
  type StreamReader,
  type StreamWriter,
  sleep,
  startServer,
  type TaskGroup,
  taskGroup,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../../src/base/seeded-random.ts'
import { EventLoop } from '../../../src/event-loop/event-loop.ts'
import { NativeBackend } from '../../../src/native/native-backend.ts'
import { NativeIo } from '../../../src/native/native-io.ts'
import { portOf } from '../../contract/net-lab.ts'

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for (;;) {
    const piece = await reader.read(65_536)
    if (piece.length === 0) break
    writer.write(piece)
    await writer.drain()
  }
  writer.close()
  await writer.waitClosed()
}

/** One connection: what it sent and what came back, as digests. */
async function exchange(port: number, random: SeededRandom): Promise<[string, string]> {
  const [reader, writer] = await openConnection('127.0.0.1', port)
  const sent = createHash('sha256')
  const received = createHash('sha256')
  const pieces = 1 + random.below(20)
  const sending = async (): Promise<void> => {
    for (let i = 0; i < pieces; i++) {
      const size = 1 + random.below(1 << (1 + random.below(16)))
      const piece = new Uint8Array(size).fill(random.below(256))
      sent.update(piece)
      writer.write(piece)
      if (random.below(2) === 0) await writer.drain()
      if (random.below(3) === 0) await sleep(random.below(3))
    }
    writer.writeEof()
  }
  await taskGroup(async (group: TaskGroup) => {
    group.createTask(sending)
    for (;;) {
      const piece = await reader.read(1 + random.below(30_000))
      if (piece.length === 0) break
      received.update(piece)
    }
  })
  writer.close()
  await writer.waitClosed()
  return [sent.digest('hex'), received.digest('hex')]
}

/** Timers set in random order; gives their deadlines in the order in which they fired. */
async function timers(random: SeededRandom): Promise<number[]> {
  const loop = getRunningLoop()
  const fired: number[] = []
  const now = loop.time()
  const count = 50 + random.below(100)
  const all = loop.createFuture<void>()
  for (let i = 0; i < count; i++) {
    const when = now + random.below(20)
    loop.callAt(when, () => {
      fired.push(when)
      if (fired.length === count) all.setResult(undefined)
    })
    loop.callAt(now + random.below(20), () => fired.push(-1)).cancel()
  }
  await all
  return fired
}

describe('rings of random sizes under random traffic', () => {
  for (let seed = 1; seed <= 12; seed++) {
    test(`seed ${seed}`, async () => {
      const random = new SeededRandom(seed)
      const size = (): number => 2 ** (2 + random.below(5))
      const loopFactory = () =>
        new EventLoop(new NativeBackend({ submissionCapacity: size(), completionCapacity: size() }))
      await run(
        async () => {
          const server = await startServer(echo, '127.0.0.1', 0)
          const port = portOf(server)
          const digests: [string, string][] = []
          const fired: number[][] = []
          let names = 0
          let ticks = 0
          await taskGroup(async (group: TaskGroup) => {
            for (let i = 0, count = 1 + random.below(12); i < count; i++) {
              const own = new SeededRandom(random.below(2 ** 31))
              group.createTask(async () => void digests.push(await exchange(port, own)))
            }
            group.createTask(async () => void fired.push(await timers(new SeededRandom(seed + 100))))
            group.createTask(async () => {
              for (let i = 0; i < 5; i++)
                names += (await getRunningLoop().getaddrinfo('localhost', i)).length > 0 ? 1 : 0
            })
            for (let i = 0; i < 500; i++) getRunningLoop().callSoon(() => ticks++)
          })
          server.close()
          await server.waitClosed()
          for (const [sent, received] of digests) expect(received).toBe(sent)
          expect(fired[0]).toEqual(fired[0]?.toSorted((a, b) => a - b))
          expect([names, ticks]).toEqual([5, 500])
        },
        { loopFactory },
      )
    })
  }
})

test('records of objects that are gone, or never were, reach nobody', () => {
  const random = new SeededRandom(7)
  const io = new NativeIo({} as never, {} as never, { put() {} } as never, () => {})
  const seen: number[] = []
  const mine = 3
  io.register({ id: mine, completed: (op) => seen.push(op) })
  for (let i = 0; i < 10_000; i++) {
    const id = random.below(2 ** 32)
    if (id !== mine) io.completed(random.below(2 ** 8), id, random.below(2 ** 32), random.below(2 ** 32))
  }
  expect(seen).toEqual([])
  expect(io.drops).toBeGreaterThan(9_990)
})
