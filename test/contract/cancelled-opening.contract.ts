/**
 * Calls that open something, cancelled after any number of rounds: either the coroutine gets what was opened, or nothing of
 * it stays open. And the same for a call that is handed over as an awaitable, by `waitFor(openConnection(...), ms)`.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Awaitable,
  type Body,
  Condition,
  DatagramProtocol,
  type EventLoop,
  getRunningLoop,
  openConnection,
  Protocol,
  sleep,
  TimeoutError,
  timeout,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { openPipe } from './descriptors.ts'
import { type Harness, openLab } from './harness.ts'
import { descriptorsBackTo, hasStreams, openDescriptors, openNetLab, outsideServer } from './net-lab.ts'

/** More rounds than a call takes that has nothing to look up and nobody to ask. */
const ROUNDS = 14

interface Opened {
  close(): unknown
}

type Made = Opened | readonly [Opened, unknown]
type Open = (loop: EventLoop) => Awaitable<Made>

const opens: Record<string, Open> = {
  createServer: (loop) => loop.createServer(() => new Protocol(), '127.0.0.1', 0),
  createDatagramEndpoint: (loop) =>
    loop.createDatagramEndpoint(() => new DatagramProtocol(), { localAddr: { address: '127.0.0.1', port: 0 } }),
}
if (process.platform !== 'win32') {
  opens.connectReadPipe = (loop) => {
    const ends = openPipe()
    ends.closeWrite()
    return loop.connectReadPipe(() => new Protocol(), ends.read)
  }
}

function close(made: Made): void {
  const opened = Array.isArray(made) ? (made[0] as Opened) : (made as Opened)
  opened.close()
}

/** A task of `body` that is cancelled after so many rounds. Gives what the task did, if it was not cancelled. */
async function cancelledAfter<T>(loop: EventLoop, rounds: number, body: Body<T>): Promise<T | undefined> {
  const task = loop.createTask(body)
  const tick = (left: number): void => {
    if (left === 0) task.cancel()
    else loop.callSoon(() => tick(left - 1))
  }
  tick(rounds)
  const [outcome] = await Promise.allSettled([task])
  if (outcome.status === 'fulfilled') return outcome.value
  expect(task.cancelled()).toBe(true)
  return undefined
}

/** In each kind of coroutine. What one got is closed, whether its task was cancelled then or not. */
async function openCancelled(loop: EventLoop, rounds: number, open: () => Awaitable<Made>): Promise<void> {
  const got: Made[] = []
  const bodies: Body<unknown>[] = [
    async () => got.push(await open()),
    function* () {
      got.push(yield* open())
    },
  ]
  for (const body of bodies) await cancelledAfter(loop, rounds, body)
  const made = await cancelledAfter(loop, rounds, open)
  for (const one of made === undefined ? got : [...got, made]) close(one)
}

export function cancelledOpeningContract(harness: Harness): void {
  const lab = openLab(harness)

  describe('a call that is handed over as an awaitable', () => {
    test('is cancelled by waitFor, and waited for', () =>
      lab.run(async () => {
        const condition = new Condition()
        await condition.acquire()
        await expect(
          waitFor(
            condition.waitFor(() => false),
            10,
          ),
        ).rejects.toBeInstanceOf(TimeoutError)
        // Nobody waits there any more, and the lock is ours again.
        expect(condition.locked()).toBe(true)
        condition.notify()
        condition.release()
        await sleep(1)
        expect(condition.locked()).toBe(false)
      }))

    test('keeps its result under waitFor and as what a scope or a task runs', () =>
      lab.run(async () => {
        const condition = new Condition()
        let ready = false
        const wait = (): Awaitable<unknown> => condition.waitFor(() => ready)
        const notify = async (): Promise<void> => {
          await condition.acquire()
          ready = true
          condition.notifyAll()
          condition.release()
        }
        for (const call of [() => waitFor(wait(), 1000), () => timeout(1000, wait), () => waitFor(wait, 1000)]) {
          ready = false
          await condition.acquire()
          const notifying = getRunningLoop().createTask(notify)
          expect(await call()).toBe(true)
          condition.release()
          await notifying
        }
      }))
  })

  if (!hasStreams(harness)) return

  describe('a call that opens something, cancelled after any number of rounds', () => {
    const { outside } = openNetLab(lab)

    for (const [name, open] of Object.entries(opens)) {
      test(`${name} leaves nothing open that nobody got`, () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          // What the loop itself opens at the first use.
          close(await open(loop))
          await sleep(1)
          const before = openDescriptors()
          for (let rounds = 0; rounds < ROUNDS; rounds++) await openCancelled(loop, rounds, () => open(loop))
          expect(await descriptorsBackTo(before)).toBe(true)
        }))
    }

    if (process.platform !== 'win32') {
      test('createUnixServer leaves neither a socket nor its file', () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const folder = mkdtempSync(join(tmpdir(), 'aioloop-cancel-'))
          try {
            const before = openDescriptors()
            for (let rounds = 0; rounds < ROUNDS; rounds++) {
              const path = join(folder, `socket-${rounds}`)
              const server = await cancelledAfter(loop, rounds, () => loop.createUnixServer(() => new Protocol(), path))
              server?.close()
            }
            expect(await descriptorsBackTo(before)).toBe(true)
            expect(readdirSync(folder)).toEqual([])
          } finally {
            rmSync(folder, { recursive: true, force: true })
          }
        }))
    }

    test('waitFor(openConnection(...)) whose time is over leaves no connection', () =>
      lab.run(async () => {
        let open = 0
        const { server, port } = await outsideServer((socket) => {
          open++
          socket.on('close', () => open--)
          socket.on('end', () => socket.end())
          socket.resume()
        })
        outside.push(server)
        // What the loop itself opens at the first use.
        const [, first] = await openConnection('127.0.0.1', port)
        first.close()
        await first.waitClosed()
        while (open > 0) await sleep(1)
        const before = openDescriptors()
        for (const limit of [0, 0, 0.001, 0.1, 0.3]) {
          const connection = openConnection('127.0.0.1', port)
          try {
            const [, writer] = await waitFor(connection, limit)
            writer.close()
            await writer.waitClosed()
          } catch (error) {
            expect(error).toBeInstanceOf(TimeoutError)
          }
        }
        expect(await descriptorsBackTo(before)).toBe(true)
        // The system closes a socket before Node says so.
        while (open > 0) await sleep(1)
      }))
  })
}
