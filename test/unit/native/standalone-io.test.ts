/** Look-ups and watches on a loop that blocks the thread: it polls for them itself. */
import { createTask, gather, getRunningLoop, isCancelled, NativeEventLoopPolicy, runSync, sleep } from 'aioloop'
import { expect, test } from 'vitest'
import { ANY_PORT, Recorder, sockname } from '../../contract/datagram-lab.ts'
import { openPipe } from '../../contract/descriptors.ts'

const loopFactory = () => new NativeEventLoopPolicy().newEventLoop({ standalone: true })

test('look-ups come to their end', () => {
  const found = runSync(
    function* () {
      const loop = getRunningLoop()
      const [one, other] = yield* gather([
        () => loop.getaddrinfo('localhost', 1),
        () => loop.getnameinfo({ address: '127.0.0.1', port: 2 }, { numericHost: true }),
      ])
      return [one[0]?.port, other]
    },
    { loopFactory },
  )
  expect(found).toEqual([1, { hostname: '127.0.0.1', service: expect.any(String) }])
})

test('a look-up that fails and one that is cancelled do too', () => {
  const outcomes = runSync(
    function* () {
      const loop = getRunningLoop()
      const task = createTask(() => loop.getaddrinfo('localhost', 1))
      yield* sleep(0)
      task.cancel()
      const results = yield* gather([task, () => loop.getaddrinfo('127.0.0.1', 'nosuchservice')], {
        returnExceptions: true,
      })
      return results.map((each) => (isCancelled(each) ? 'cancelled' : (each as { code?: string }).code))
    },
    { loopFactory },
  )
  expect(outcomes).toEqual(['cancelled', 'EAI_SERVICE'])
})

test('a loop that closes while a look-up is under way waits for the system and for nobody else', () => {
  const loop = loopFactory()
  const lookup = loop.getaddrinfo('localhost', 1) as unknown as { done(): boolean }
  loop.runUntilCompleteSync(function* () {
    yield* sleep(0)
  })
  loop.close()
  expect(typeof lookup.done()).toBe('boolean')
})

test('readers and writers are called, and the loop waits for them', () => {
  const pipe = openPipe()
  try {
    const seen = runSync(
      function* () {
        const loop = getRunningLoop()
        const future = loop.createFuture<string>()
        loop.addReader(pipe.read, () => {
          loop.removeReader(pipe.read)
          future.setResult(pipe.take())
        })
        loop.addWriter(pipe.write, () => {
          loop.removeWriter(pipe.write)
          pipe.put('through')
        })
        return yield* future
      },
      { loopFactory },
    )
    expect(seen).toBe('through')
  } finally {
    pipe.close()
  }
})

test('datagrams go and come', () => {
  const texts = runSync(
    function* () {
      const loop = getRunningLoop()
      const [to, receiver] = yield* loop.createDatagramEndpoint(() => new Recorder(), { localAddr: ANY_PORT })
      const [from] = yield* loop.createDatagramEndpoint(() => new Recorder(), { remoteAddr: sockname(to) })
      from.sendto(Buffer.from('one'))
      from.sendto(Buffer.from('two'))
      while (receiver.data.length < 2) yield* sleep(1)
      from.close()
      to.abort()
      while (receiver.lost.length === 0) yield* sleep(1)
      return receiver.texts
    },
    { loopFactory },
  )
  expect(texts).toEqual(['one', 'two'])
})

test('a descriptor closed before the loop polled it is ready once', () => {
  const pipe = openPipe()
  const calls = runSync(
    function* () {
      const loop = getRunningLoop()
      let count = 0
      loop.addReader(pipe.read, () => count++)
      pipe.close()
      yield* sleep(5)
      loop.removeReader(pipe.read)
      return count
    },
    { loopFactory },
  )
  expect(calls).toBeLessThanOrEqual(1)
})
