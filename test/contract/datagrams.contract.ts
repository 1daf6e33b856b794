/** UDP on the loopback interface: what is sent and what arrives. */
import { getRunningLoop, NotSupportedError, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { ANY_PORT, capabilitiesOf, closed, Echo, open, Recorder, sockname, until } from './datagram-lab.ts'
import { descriptorsBackTo, openDescriptors } from './descriptors.ts'
import { type Harness, later, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows, thrownBy } from './refusal.ts'

/** What IPv4 can carry. */
const LARGEST = 65_507

export function datagramsContract(harness: Harness): void {
  describe('datagrams', () => {
    const lab = openLab(harness)
    if (!capabilitiesOf(harness).datagram) {
      test('a loop without datagrams refuses endpoints and says so', () => {
        const loop = lab.newLoop()
        const error = thrownBy(() =>
          loop.createDatagramEndpoint(() => new Recorder(), { localAddr: ANY_PORT }),
        ) as NotSupportedError
        expect(error).toBeInstanceOf(NotSupportedError)
        expect([error.loop, error.capability]).toEqual([loop.name, 'datagram'])
      })
      return
    }

    inBothLanes((lane) => {
      test('what is sent comes back from an echo, empty datagrams too', async () => {
        await lab.run(
          lane.co(function* () {
            const loop = getRunningLoop()
            const echo = new Echo()
            const [server] = yield* lane.wait(loop.createDatagramEndpoint(() => echo, { localAddr: ANY_PORT }))
            const [client, recorder] = yield* lane.wait(
              loop.createDatagramEndpoint(() => new Recorder(), { remoteAddr: sockname(server) }),
            )
            for (const text of ['hello', '', 'world']) client.sendto(Buffer.from(text))
            while (recorder.data.length < 3) yield* lane.wait(sleep(1))
            expect(recorder.texts).toEqual(['hello', '', 'world'])
            expect(echo.texts).toEqual(['hello', '', 'world'])
            expect(recorder.from[0]).toEqual(sockname(server))
            expect(echo.from[0]).toEqual(sockname(client))
            client.close()
            server.close()
            while (recorder.lost.length + echo.lost.length < 2) yield* lane.wait(sleep(1))
            expect(recorder.events).toEqual(['made', 'data', 'data', 'data', 'lost'])
            expect(recorder.lost).toEqual([undefined])
          }),
        )
      })
    })

    test('connectionMade comes before the endpoint is handed out, with the transport', async () => {
      await lab.run(async () => {
        const recorder = new Recorder()
        const [transport, protocol] = await open(recorder)
        expect(protocol).toBe(recorder)
        expect(recorder.events).toEqual(['made'])
        expect(recorder.transport).toBe(transport)
        expect(transport.getProtocol()).toBe(recorder)
        expect(sockname(transport)).toEqual({
          address: '127.0.0.1',
          port: expect.any(Number) as number,
          family: 'IPv4',
        })
        expect(sockname(transport).port).toBeGreaterThan(0)
        expect(transport.getExtraInfo('peername')).toBeUndefined()
        expect(transport.getExtraInfo('nosuch', 5)).toBe(5)
        expect(transport.getExtraInfo('fd')).toBe(transport.getExtraInfo('socket')?.fd)
        expect(transport.getExtraInfo('socket')?.localName).toEqual(sockname(transport))
        expect(transport.isClosing()).toBe(false)
        await closed(recorder)
        expect(transport.isClosing()).toBe(true)
        expect(transport.getWriteBufferSize()).toBe(0)
      })
    })

    test('datagrams keep their order and their bounds', async () => {
      await lab.run(async () => {
        const receiver = new Recorder()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        const texts = Array.from({ length: 100 }, (_, i) => `${i}:${'x'.repeat(i)}`)
        const memory = Buffer.alloc(200)
        for (const text of texts) {
          // The same memory again: what was sent is not touched by that.
          from.sendto(memory.subarray(0, memory.write(text)))
        }
        memory.fill(0)
        await until(() => receiver.data.length === texts.length)
        expect(receiver.texts).toEqual(texts)
        await closed(receiver, sender)
      })
    })

    test('the largest datagram passes; a larger one is an error and the transport goes on', async () => {
      await lab.run(async () => {
        const receiver = new Recorder()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender)
        const large = Buffer.alloc(LARGEST, 'abc')
        from.sendto(large, sockname(to))
        await until(() => receiver.data.length === 1)
        expect(receiver.data[0]?.equals(large)).toBe(true)
        from.sendto(Buffer.alloc(LARGEST + 1), sockname(to))
        await until(() => sender.errors.length === 1)
        expect(sender.errors[0]).toMatchObject({ code: 'EMSGSIZE', syscall: 'send' })
        from.sendto(Buffer.from('after'), sockname(to))
        await until(() => receiver.data.length === 2)
        expect(receiver.texts[1]).toBe('after')
        await closed(receiver, sender)
      })
    })

    test('any kind of bytes can be sent, a string cannot', async () => {
      await lab.run(async () => {
        const receiver = new Recorder()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        const bytes = Uint8Array.of(1, 2, 3, 4)
        from.sendto(bytes)
        from.sendto(bytes.buffer)
        from.sendto(new DataView(bytes.buffer, 1, 2))
        from.sendto(new Uint16Array([0x0101]))
        await until(() => receiver.data.length === 4)
        expect(receiver.data.map((each) => [...each])).toEqual([
          [1, 2, 3, 4],
          [1, 2, 3, 4],
          [2, 3],
          [1, 1],
        ])
        for (const bad of ['text', 5, null, undefined, {}, []]) {
          expectThrows(() => from.sendto(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['sendto'] })
        }
        await closed(receiver, sender)
      })
    })

    test('a connected transport sends to its remote address only, and receives from there only', async () => {
      await lab.run(async () => {
        const server = new Recorder()
        const client = new Recorder()
        const stranger = new Recorder()
        const [to] = await open(server)
        const [from] = await open(client, { localAddr: ANY_PORT, remoteAddr: sockname(to) })
        const [other] = await open(stranger)
        expect(from.getExtraInfo('peername')).toEqual(sockname(to))
        from.sendto(Buffer.from('a'))
        from.sendto(Buffer.from('b'), sockname(to))
        await until(() => server.data.length === 2)
        expectThrows(() => from.sendto(Buffer.from('c'), sockname(other)), {
          class: RangeError,
          code: ARGUMENT_RANGE,
          names: ['to', String(sockname(to).port)],
        })
        other.sendto(Buffer.from('from a stranger'), sockname(from))
        to.sendto(Buffer.from('answer'), sockname(from))
        await until(() => client.data.length > 0)
        expect(client.texts).toEqual(['answer'])
        await closed(server, client, stranger)
      })
    })

    test('nobody at the other end is an error of a connected transport, which goes on', async () => {
      await lab.run(async () => {
        const gone = new Recorder()
        const [to] = await open(gone)
        const address = sockname(to)
        await closed(gone)
        const client = new Recorder()
        const [from] = await open(client, { remoteAddr: address })
        for (let i = 0; i < 5000 && client.errors.length === 0; i++) {
          from.sendto(Buffer.from('anybody?'))
          await later(getRunningLoop(), 1)
        }
        expect((client.errors[0] as { code: string }).code).toBe('ECONNREFUSED')
        expect(from.isClosing()).toBe(false)
        await closed(client)
        expect(client.lost).toEqual([undefined])
      })
    })

    test('what arrives while the loop does not run is there when it does', async () => {
      const loop = lab.newLoop()
      const receiver = new Recorder()
      const [to] = await loop.runUntilComplete(loop.createDatagramEndpoint(() => receiver, { localAddr: ANY_PORT }))
      await lab.run(async () => {
        const sender = new Recorder()
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        for (let i = 0; i < 3; i++) from.sendto(Buffer.from(String(i)))
        await closed(sender)
      })
      expect(receiver.data).toEqual([])
      await loop.runUntilComplete(async () => {
        await until(() => receiver.data.length === 3, loop)
        to.close()
        await until(() => receiver.lost.length === 1, loop)
      })
      expect(receiver.texts).toEqual(['0', '1', '2'])
    })

    test('a loop that closes closes its sockets, and no descriptor stays', async () => {
      const before = openDescriptors()
      for (let i = 0; i < 5; i++) {
        const loop = harness.newLoop()
        const recorder = new Recorder()
        const [transport] = await loop.runUntilComplete(
          loop.createDatagramEndpoint(() => recorder, { localAddr: ANY_PORT }),
        )
        for (let count = 0; count < 20; count++) transport.sendto(Buffer.from('to myself'), sockname(transport))
        void loop.createDatagramEndpoint(() => new Recorder(), { localAddr: ANY_PORT })
        loop.close()
        transport.sendto(Buffer.from('lost'), sockname(transport))
        transport.close()
        transport.abort()
        expect(recorder.lost).toEqual([])
      }
      expect(await descriptorsBackTo(before)).toBe(true)
    })
  })
}
