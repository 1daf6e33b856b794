/** Channels: nothing lost, nothing doubled, and each side is told when the other is gone. */
import { inspect } from 'node:util'
import {
  BrokenResourceError,
  type ChannelIterator,
  ClosedResourceError,
  createTask,
  EndOfChannel,
  gather,
  getRunningLoop,
  openChannel,
  type Receiver,
  sleep,
  type Task,
  WouldBlock,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRefusal, expectThrows } from './refusal.ts'

const BLOCKED = { class: WouldBlock, code: 'ERR_AIOLOOP_WOULD_BLOCK' }
const CLOSED = { class: ClosedResourceError, code: 'ERR_AIOLOOP_CLOSED_RESOURCE', names: ['closed'] }
const BROKEN = { class: BrokenResourceError, code: 'ERR_AIOLOOP_BROKEN_RESOURCE', names: ['receiver'] }
const END = { class: EndOfChannel, code: 'ERR_AIOLOOP_END_OF_CHANNEL', names: ['sender'] }

export function channelsContract(harness: Harness): void {
  describe('openChannel', () => {
    const lab = openLab(harness)

    inBothLanes(({ isAsync, co, wait, settle }) => {
      /** What came of a wait: its value, or its error. */
      const outcomeOf = function* (awaitable: PromiseLike<unknown>) {
        try {
          return yield* wait(awaitable)
        } catch (error) {
          return error
        }
      }
      const receiving = <T>(receiver: Receiver<T>) => createTask(co(() => wait(receiver.receive())))
      const collecting = <T>(receiver: Receiver<T>) =>
        createTask(
          co(function* () {
            const items: T[] = []
            const iterator: ChannelIterator<T> = receiver[Symbol.asyncIterator]()
            for (let step = yield* wait(iterator.next()); !step.done; step = yield* wait(iterator.next())) {
              items.push(step.value)
            }
            return items
          }),
        )

      test('up to maxBuffered items are sent without giving way, the next one waits for room', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>(2)
            let others = 0
            getRunningLoop().callSoon(() => others++)
            yield* wait(sender.send(1))
            yield* wait(sender.send(2))
            if (!isAsync) expect(others).toBe(0)
            expectThrows(() => sender.sendNowait(0), BLOCKED)
            const senders: Task<void>[] = []
            for (const n of [3, 4]) {
              senders.push(createTask(co(() => wait(sender.send(n)))))
              yield* settle()
            }
            expect(sender.statistics()).toEqual({
              currentBufferUsed: 2,
              maxBufferSize: 2,
              openSendChannels: 1,
              openReceiveChannels: 1,
              tasksWaitingSend: 2,
              tasksWaitingReceive: 0,
            })
            const got: number[] = [yield* wait(receiver.receive())]
            // The room went to the first in line there and then.
            expect([receiver.statistics().currentBufferUsed, receiver.statistics().tasksWaitingSend]).toEqual([2, 1])
            got.push(receiver.receiveNowait(), yield* wait(receiver.receive()), receiver.receiveNowait())
            yield* wait(gather(senders))
            expect(got).toEqual([1, 2, 3, 4])
            expectThrows(() => receiver.receiveNowait(), BLOCKED)
          }),
        )
      })

      test('with no buffer each send waits for its receiver, in order of arrival on both sides', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>()
            expectThrows(() => sender.sendNowait(0), BLOCKED)
            const sent: number[] = []
            for (const n of [1, 2]) {
              const body = co(function* () {
                yield* wait(sender.send(n))
                sent.push(n)
              })
              createTask(body)
              yield* settle()
            }
            expect(sent).toEqual([])
            expect(receiver.receiveNowait()).toBe(1)
            yield* settle()
            expect(sent).toEqual([1])
            expect(yield* wait(receiver.receive())).toBe(2)
            const first = receiving(receiver)
            yield* settle()
            const second = receiving(receiver)
            yield* settle()
            sender.sendNowait(3)
            expect(receiver.statistics().tasksWaitingReceive).toBe(1)
            yield* wait(sender.send(4))
            expect(yield* wait(gather([first, second]))).toEqual([3, 4])
          }),
        )
      })

      test('with an infinite buffer no send waits', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>(Number.POSITIVE_INFINITY)
            for (let n = 0; n < 1000; n++) sender.sendNowait(n)
            sender.close()
            expect(yield* wait(collecting(receiver))).toEqual(Array.from({ length: 1000 }, (_, n) => n))
          }),
        )
      })

      test('the end comes with the last sender, when the channel is empty', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<string>(5)
            const other = sender.clone()
            yield* wait(sender.send('a'))
            sender.close()
            sender.close()
            const items = collecting(receiver)
            yield* settle()
            const waiting = receiving(receiver)
            yield* settle()
            expect([items.done(), receiver.statistics().tasksWaitingReceive]).toEqual([false, 2])
            yield* wait(other.send('b'))
            other.close()
            expect(yield* wait(items)).toEqual(['a', 'b'])
            expectRefusal(yield* outcomeOf(waiting), END)
            expectRefusal(yield* outcomeOf(receiver.receive()), END)
            expectThrows(() => receiver.receiveNowait(), END)
            expect(yield* wait(collecting(receiver.clone()))).toEqual([])
          }),
        )
      })

      test('what was buffered outlives its senders', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>(3)
            for (const n of [1, 2, 3]) sender.sendNowait(n)
            sender.close()
            expect([yield* wait(receiver.receive()), receiver.receiveNowait()]).toEqual([1, 2])
            expect(yield* wait(collecting(receiver))).toEqual([3])
          }),
        )
      })

      test('with the last receiver the channel is broken, for those who wait and those who come', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>(1)
            const other = receiver.clone()
            sender.sendNowait(1)
            const waiting = createTask(co(() => wait(sender.send(2))))
            yield* settle()
            receiver.close()
            yield* settle()
            expect(waiting.done()).toBe(false)
            other.close()
            expectRefusal(yield* outcomeOf(waiting), BROKEN)
            expectRefusal(yield* outcomeOf(sender.send(3)), BROKEN)
            expectThrows(() => sender.sendNowait(3), BROKEN)
            expect(sender.statistics()).toMatchObject({
              currentBufferUsed: 0,
              openReceiveChannels: 0,
              tasksWaitingSend: 0,
            })
          }),
        )
      })

      test('a closed end refuses everything; closing wakes its own waits and no other', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>()
            const [otherSender, otherReceiver] = [sender.clone(), receiver.clone()]
            const mine = receiving(receiver)
            const step = collecting(receiver)
            const theirs = receiving(otherReceiver)
            yield* settle()
            receiver.close()
            expectRefusal(yield* outcomeOf(mine), CLOSED)
            expectRefusal(yield* outcomeOf(step), CLOSED)
            expect(theirs.done()).toBe(false)
            expectRefusal(yield* outcomeOf(receiver.receive()), CLOSED)
            expectRefusal(yield* outcomeOf(receiver[Symbol.asyncIterator]().next()), CLOSED)
            expectThrows(() => receiver.receiveNowait(), CLOSED)
            expectThrows(() => receiver.clone(), CLOSED)
            sender.sendNowait(1)
            expect(yield* wait(theirs)).toBe(1)
            const sending = createTask(co(() => wait(sender.send(2))))
            const otherSending = createTask(co(() => wait(otherSender.send(3))))
            yield* settle()
            sender.close()
            expectRefusal(yield* outcomeOf(sending), CLOSED)
            expectRefusal(yield* outcomeOf(sender.send(4)), CLOSED)
            expectThrows(() => sender.sendNowait(4), CLOSED)
            expectThrows(() => sender.clone(), CLOSED)
            expect(yield* wait(otherReceiver.receive())).toBe(3)
            yield* wait(otherSending)
          }),
        )
      })

      test('an item handed to a receiver that is cancelled goes to the next one, or back to the front', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>(3)
            const first = receiving(receiver)
            yield* settle()
            const second = receiving(receiver)
            yield* settle()
            sender.sendNowait(1)
            first.cancel()
            yield* settle()
            expect([first.cancelled(), yield* wait(second)]).toEqual([true, 1])
            const tasks = [2, 3].map(() => receiving(receiver))
            yield* settle()
            for (const n of [2, 3, 4]) sender.sendNowait(n)
            for (const task of tasks) task.cancel()
            yield* settle()
            sender.close()
            expect(yield* wait(collecting(receiver))).toEqual([2, 3, 4])
          }),
        )
      })

      test('an item given back to a channel without a buffer is the next one out', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>(0)
            const task = receiving(receiver)
            yield* settle()
            sender.sendNowait(1)
            task.cancel()
            const sending = createTask(co(() => wait(sender.send(2))))
            yield* settle()
            expect(receiver.statistics()).toMatchObject({ currentBufferUsed: 1, tasksWaitingSend: 1 })
            expect([receiver.receiveNowait(), receiver.receiveNowait()]).toEqual([1, 2])
            yield* wait(sending)
          }),
        )
      })

      test('a send that is cancelled takes its item back, also when it was let in already', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<string>(1)
            sender.sendNowait('a')
            const tasks: Task<void>[] = []
            for (const item of ['b', 'c', 'd']) {
              tasks.push(createTask(co(() => wait(sender.send(item)))))
              yield* settle()
            }
            tasks[1]?.cancel()
            expect(receiver.receiveNowait()).toBe('a')
            // 'b' has the room, and gives it up again: 'd' comes in.
            tasks[0]?.cancel()
            yield* settle()
            expect(tasks.map((task) => [task.done(), task.cancelled()])).toEqual([
              [true, true],
              [true, true],
              [true, false],
            ])
            sender.close()
            expect(yield* wait(collecting(receiver))).toEqual(['d'])
          }),
        )
      })

      test('several tasks share the items, each goes to one of them', async () => {
        await lab.run(
          co(function* () {
            const { sender, receiver } = openChannel<number>(1)
            const workers = [1, 2, 3].map(() => collecting(receiver))
            for (let n = 0; n < 20; n++) {
              yield* wait(sender.send(n))
              if (n % 3 === 0) yield* wait(sleep(0))
            }
            sender.close()
            const items = (yield* wait(gather(workers))).flat()
            expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n))
          }),
        )
      })
    })

    test('both ends are disposable, iterable with for await, and say what they are', async () => {
      await lab.run(async () => {
        const { sender, receiver } = openChannel<number>(2)
        {
          using mine = sender
          await mine.send(1)
          await mine.send(2)
          expect(inspect(mine)).toBe('<Sender open buffered=2/2 senders=1 receivers=1>')
        }
        const items: number[] = []
        {
          using mine = receiver
          for await (const n of mine) {
            items.push(n)
            break
          }
          // Leaving the loop closes nothing.
          for await (const n of mine) items.push(n)
        }
        expect(items).toEqual([1, 2])
        expect(inspect(receiver)).toBe('<Receiver closed buffered=0/2 senders=0 receivers=0>')
      })
    })

    test('refuses a buffer that is no number of items', () => {
      for (const bad of [-1, 1.5, Number.NaN]) {
        expectThrows(() => openChannel(bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['maxBuffered'] })
      }
      for (const bad of ['1', null, {}]) {
        expectThrows(() => openChannel(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['maxBuffered'] })
      }
    })
  })
}
