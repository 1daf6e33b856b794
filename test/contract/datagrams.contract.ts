/** UDP on the loopback interface: endpoints, the transport's rules, and what the system refuses. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Address, DatagramEndpointOptions, DatagramTransport, EventLoop } from 'aioloop'
import { CancelledError, createTask, DatagramProtocol, getRunningLoop, NotSupportedError, sleep } from 'aioloop'
import { describe, expect, test, vi } from 'vitest'
import { openDescriptors } from './descriptors.ts'
import { type Harness, later, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRefusal, expectThrows, rejectionOf, thrownBy } from './refusal.ts'

const ANY_PORT = { address: '127.0.0.1', port: 0 }
/** What IPv4 can carry. */
const LARGEST = 65_507

/** Keeps what happens, in order. */
class Recorder extends DatagramProtocol {
  readonly events: string[] = []
  readonly data: Buffer[] = []
  readonly from: Address[] = []
  readonly errors: unknown[] = []
  transport!: DatagramTransport
  lost: unknown[] = []

  override connectionMade(transport: DatagramTransport): void {
    this.events.push('made')
    this.transport = transport
  }
  override connectionLost(error: unknown): void {
    this.events.push('lost')
    this.lost.push(error)
  }
  override datagramReceived(data: Uint8Array, from: Address): void {
    this.events.push('data')
    this.data.push(Buffer.from(data))
    this.from.push(from)
  }
  override errorReceived(error: unknown): void {
    this.events.push('error')
    this.errors.push(error)
  }
  get texts(): string[] {
    return this.data.map(String)
  }
}

class Echo extends Recorder {
  override datagramReceived(data: Uint8Array, from: Address): void {
    super.datagramReceived(data, from)
    this.transport.sendto(data, from)
  }
}

function sockname(transport: DatagramTransport): Address {
  return transport.getExtraInfo('sockname') as Address
}

export function datagramsContract(harness: Harness): void {
  describe('datagrams', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { datagram, reusePort } = probe.capabilities
    probe.close()

    if (!datagram) {
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

    async function open<P extends DatagramProtocol>(
      protocol: P,
      options: DatagramEndpointOptions = { localAddr: ANY_PORT },
    ): Promise<[DatagramTransport, P]> {
      return await getRunningLoop().createDatagramEndpoint(() => protocol, options)
    }

    /** Wait until it is so. */
    async function until(so: () => boolean, loop: EventLoop = getRunningLoop()): Promise<void> {
      for (let i = 0; i < 5000 && !so(); i++) await later(loop, 1)
      expect(so()).toBe(true)
    }

    async function closed(...protocols: Recorder[]): Promise<void> {
      for (const { transport } of protocols) transport.close()
      await until(() => protocols.every(({ lost }) => lost.length > 0))
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

      test('a cancel while an endpoint is opened leaves nothing open', async () => {
        const before = openDescriptors()
        await lab.run(
          lane.co(function* () {
            const loop = getRunningLoop()
            for (let rounds = 0; rounds < 10; rounds++) {
              const protocols: Recorder[] = []
              const protocol = (): Recorder => {
                protocols.push(new Recorder())
                return protocols.at(-1) as Recorder
              }
              const localAddr = { address: rounds % 2 === 0 ? '127.0.0.1' : 'localhost', port: 0 }
              const task = createTask(
                lane.co(function* () {
                  const [transport] = yield* lane.wait(loop.createDatagramEndpoint(protocol, { localAddr }))
                  transport.close()
                }),
              )
              for (let i = 0; i < rounds; i++) yield* lane.wait(sleep(0))
              const cancelled = task.cancel()
              try {
                yield* lane.wait(task)
                expect(cancelled).toBe(false)
              } catch (error) {
                expect(error).toBeInstanceOf(CancelledError)
              }
              yield* lane.wait(sleep(2))
              for (const { events } of protocols) expect(events.filter((event) => event === 'lost')).toHaveLength(1)
            }
          }),
        )
        for (let i = 0; i < 500 && (openDescriptors() ?? 0) > (before ?? 0) + 10; i++) await sleepReal()
        // The loop of the lab is open still, and has a few of its own.
        if (before !== undefined) expect(openDescriptors()).toBeLessThanOrEqual(before + 10)
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
        for (let i = 0; i < 200 && client.errors.length === 0; i++) {
          from.sendto(Buffer.from('anybody?'))
          await later(getRunningLoop(), 1)
        }
        expect((client.errors[0] as { code: string }).code).toBe('ECONNREFUSED')
        expect(from.isClosing()).toBe(false)
        await closed(client)
        expect(client.lost).toEqual([undefined])
      })
    })

    test('with allowBroadcast the remote address is where it sends, not the only one it hears', async () => {
      await lab.run(async () => {
        const server = new Recorder()
        const client = new Recorder()
        const stranger = new Recorder()
        const [to] = await open(server)
        const [from] = await open(client, { localAddr: ANY_PORT, remoteAddr: sockname(to), allowBroadcast: true })
        const [other] = await open(stranger)
        expect(from.getExtraInfo('peername')).toBeUndefined()
        from.sendto(Buffer.from('a'))
        from.sendto(Buffer.from('b'), sockname(to))
        await until(() => server.data.length === 2)
        expectThrows(() => from.sendto(Buffer.from('c'), sockname(other)), { class: RangeError, code: ARGUMENT_RANGE })
        other.sendto(Buffer.from('from a stranger'), sockname(from))
        await until(() => client.data.length === 1)
        await closed(server, client, stranger)
      })
    })

    test('broadcast is refused by the system unless it was asked for', async () => {
      await lab.run(async () => {
        const quiet = new Recorder()
        const [transport] = await open(quiet, { family: 4 })
        transport.sendto(Buffer.from('x'), { address: '255.255.255.255', port: 9 })
        await until(() => quiet.errors.length === 1)
        // Without a route there is nothing to be refused.
        expect(['EACCES', 'ENETUNREACH']).toContain((quiet.errors[0] as { code: string }).code)
        await closed(quiet)
        const loud = new Recorder()
        const [allowed] = await open(loud, { family: 4, allowBroadcast: true })
        allowed.sendto(Buffer.from('x'), { address: '255.255.255.255', port: 9 })
        await later(getRunningLoop(), 5)
        expect(loud.errors.map((error) => (error as { code: string }).code)).not.toContain('EACCES')
        await closed(loud)
      })
    })

    test('an endpoint without addresses gets a port when it sends', async () => {
      await lab.run(async () => {
        const echo = new Echo()
        const [to] = await open(echo)
        const client = new Recorder()
        const [from] = await open(client, { family: 'IPv4' })
        from.sendto(Buffer.from('x'), sockname(to))
        await until(() => client.data.length === 1)
        expect(client.texts).toEqual(['x'])
        await closed(echo, client)
      })
    })

    test('names are looked up, and IPv6 works where there is some', async () => {
      await lab.run(async () => {
        const echo = new Echo()
        const [to] = await open(echo, { localAddr: { address: 'localhost', port: 0 } })
        const client = new Recorder()
        const { port, family } = sockname(to)
        const [from] = await open(client, { remoteAddr: { address: 'localhost', port }, family })
        from.sendto(Buffer.from('by name'))
        await until(() => client.data.length === 1)
        await closed(echo, client)

        const six = new Echo()
        try {
          await open(six, { localAddr: { address: '::1', port: 0 } })
        } catch (error) {
          expect(['EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain((error as { code: string }).code)
          return
        }
        const other = new Recorder()
        const [sender] = await open(other, { localAddr: { address: '::1', port: 0 } })
        sender.sendto(Buffer.from('six'), sockname(six.transport))
        await until(() => other.data.length === 1)
        expect(other.from[0]).toEqual({ ...sockname(six.transport), family: 'IPv6', address: '::1' })
        // An address of the other family is an error of the system.
        sender.sendto(Buffer.from('four'), { address: '127.0.0.1', port: 9 })
        await until(() => other.errors.length === 1)
        await closed(six, other)
      })
    })

    test('an address that is taken, or not of this machine, is refused', async () => {
      await lab.run(async () => {
        const first = new Recorder()
        const [transport] = await open(first)
        const taken = (await rejectionOf(() => open(new Recorder(), { localAddr: sockname(transport) }))) as Error
        expect(taken).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', ...sameSpot(sockname(transport)) })
        expect(taken.message).toContain(`bind EADDRINUSE 127.0.0.1:${sockname(transport).port}`)
        const foreign = await rejectionOf(() => open(new Recorder(), { localAddr: { address: '192.0.2.1', port: 0 } }))
        expect(foreign).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind' })
        await closed(first)
        // Given back, so that it can be had again.
        const second = new Recorder()
        await open(second, { localAddr: sockname(transport) })
        await closed(second)
      })
    })

    test('an address that cannot be connected to is refused', async () => {
      await lab.run(async () => {
        const options = { remoteAddr: { address: '255.255.255.255', port: 9 } }
        const error = (await rejectionOf(() => open(new Recorder(), options))) as { code: string; syscall: string }
        expect(['EACCES', 'ENETUNREACH']).toContain(error.code)
        expect(error.syscall).toBe('connect')
      })
    })

    test('addresses of two families make no endpoint', async () => {
      await lab.run(async () => {
        const options = { localAddr: ANY_PORT, remoteAddr: { address: '::1', port: 9 } }
        const error = await rejectionOf(() => open(new Recorder(), options))
        expectRefusal(error, { class: RangeError, code: ARGUMENT_RANGE, names: ['family'] })
      })
    })

    if (reusePort) {
      test('several sockets may share an address when all of them say so', async () => {
        await lab.run(async () => {
          const one = new Recorder()
          const other = new Recorder()
          const [transport] = await open(one, { localAddr: ANY_PORT, reusePort: true })
          const localAddr = sockname(transport)
          expect(await rejectionOf(() => open(new Recorder(), { localAddr }))).toMatchObject({ code: 'EADDRINUSE' })
          await open(other, { localAddr, reusePort: true })
          await closed(one, other)
        })
      })
    } else {
      test('a loop without reusePort refuses it and says so', () => {
        const loop = lab.newLoop()
        const call = () => loop.createDatagramEndpoint(() => new Recorder(), { localAddr: ANY_PORT, reusePort: true })
        const error = thrownBy(call) as NotSupportedError
        expect(error).toBeInstanceOf(NotSupportedError)
        expect(error.capability).toBe('reusePort')
      })
    }

    test('sending without an address, or to what is none, is refused', async () => {
      await lab.run(async () => {
        const recorder = new Recorder()
        const [transport] = await open(recorder)
        const data = Buffer.from('x')
        for (const bad of [undefined, null, 5, 'localhost', { port: 1 }, { address: '::1' }]) {
          expectThrows(() => transport.sendto(data, bad as never), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['sendto', 'to'],
          })
        }
        for (const bad of [
          { address: 'localhost', port: 1 },
          { address: '127.0.0.1', port: 0 },
          { address: '127.0.0.1', port: 65536 },
        ]) {
          expectThrows(() => transport.sendto(data, bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['to'] })
        }
        await closed(recorder)
        expect(recorder.errors).toEqual([])
      })
    })

    test('malformed options are refused, each by name, before anything is opened', () => {
      const loop = lab.newLoop()
      const factory = (): Recorder => new Recorder()
      for (const bad of [undefined, null, 5, {}]) {
        expectThrows(() => loop.createDatagramEndpoint(bad as never, { localAddr: ANY_PORT }), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['createDatagramEndpoint', 'protocolFactory'],
        })
      }
      expectThrows(() => loop.createDatagramEndpoint(factory, 5 as never), { class: TypeError, code: ARGUMENT_TYPE })
      const typed: [string, unknown][] = [
        ['localAddr', { localAddr: 5 }],
        ['localAddr', { localAddr: null }],
        ['host', { localAddr: { address: 5, port: 0 } }],
        ['port', { remoteAddr: { address: '::1', port: {} } }],
        ['flags', { localAddr: ANY_PORT, flags: 1 }],
      ]
      for (const [name, options] of typed) {
        expectThrows(() => loop.createDatagramEndpoint(factory, options as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['createDatagramEndpoint', name],
        })
      }
      const ranged: [string, unknown][] = [
        ['family', undefined],
        ['family', {}],
        ['family', { localAddr: ANY_PORT, family: 5 }],
        ['proto', { localAddr: ANY_PORT, proto: 6 }],
        ['port', { localAddr: { address: '::1', port: 65536 } }],
        ['host', { localAddr: { address: '', port: 0 } }],
        ['remoteAddr.port', { remoteAddr: { address: '::1', port: 0 } }],
        ['remoteAddr.port', { remoteAddr: { address: '::1', port: null } }],
      ]
      for (const [name, options] of ranged) {
        expectThrows(() => loop.createDatagramEndpoint(factory, options as never), {
          class: RangeError,
          code: ARGUMENT_RANGE,
          names: ['createDatagramEndpoint', name],
        })
      }
    })

    test('a factory that throws, or makes no protocol, leaves nothing open', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const wrong = new Error('no protocol today')
        const failing = () =>
          loop.createDatagramEndpoint(
            () => {
              throw wrong
            },
            { localAddr: ANY_PORT },
          )
        expect(await rejectionOf(failing)).toBe(wrong)
        for (const bad of [undefined, 5, {}, { connectionMade() {} }]) {
          const call = () => loop.createDatagramEndpoint(() => bad as never, { localAddr: ANY_PORT })
          expectRefusal(await rejectionOf(call), { class: TypeError, code: ARGUMENT_TYPE, names: ['protocol'] })
        }
      })
    })

    test('an error in a method of the protocol is reported, and the transport goes on', async () => {
      class Failing extends Recorder {
        override connectionMade(transport: DatagramTransport): void {
          super.connectionMade(transport)
          throw new Error('made')
        }
        override datagramReceived(data: Uint8Array, from: Address): void {
          super.datagramReceived(data, from)
          throw new Error('received')
        }
        override connectionLost(error: unknown): void {
          super.connectionLost(error)
          throw new Error('lost')
        }
      }
      await lab.run(async () => {
        const receiver = new Failing()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        for (let count = 1; count <= 2; count++) {
          from.sendto(Buffer.from('x'))
          await until(() => receiver.data.length === count)
        }
        await closed(receiver, sender)
        const reports = lab.takeReports()
        expect(reports.map(({ exception }) => (exception as Error).message)).toEqual([
          'made',
          'received',
          'received',
          'lost',
        ])
        for (const { transport, protocol } of reports) expect([transport, protocol]).toEqual([to, receiver])
      })
    })

    test('closing is idempotent, comes in a later round, and nothing is called after connectionLost', async () => {
      await lab.run(async () => {
        const receiver = new Recorder()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        for (let i = 0; i < 20; i++) from.sendto(Buffer.from('x'))
        to.close()
        to.close()
        to.abort()
        expect(receiver.events).not.toContain('lost')
        from.abort()
        from.abort()
        from.close()
        await until(() => receiver.lost.length + sender.lost.length === 2)
        await later(getRunningLoop(), 5)
        expect(receiver.events).toEqual(['made', 'lost'])
        expect(sender.events.at(-1)).toBe('lost')
        expect(sender.lost).toEqual([undefined])
      })
    })

    test('what is sent just before the close arrives', async () => {
      await lab.run(async () => {
        const receiver = new Recorder()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        for (let i = 0; i < 10; i++) from.sendto(Buffer.from(String(i)))
        from.close()
        await until(() => receiver.data.length === 10)
        expect(receiver.texts).toEqual(Array.from({ length: 10 }, (_, i) => String(i)))
        await closed(receiver)
      })
    })

    test('what is sent after the close is lost, with a warning from the fifth time on', async () => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      try {
        await lab.run(async () => {
          const recorder = new Recorder()
          const [transport] = await open(recorder)
          await closed(recorder)
          const to = sockname(transport)
          for (let i = 0; i < 4; i++) transport.sendto(Buffer.from('x'), to)
          expect(warn).not.toHaveBeenCalled()
          transport.sendto(Buffer.from('x'), to)
          expect(warn).toHaveBeenCalledOnce()
          expect(recorder.events).toEqual(['made', 'lost'])
        })
      } finally {
        warn.mockRestore()
      }
    })

    test('a transport may be closed by its protocol, at any of its calls', async () => {
      class Impatient extends Recorder {
        override connectionMade(transport: DatagramTransport): void {
          super.connectionMade(transport)
          transport.close()
        }
      }
      class Once extends Recorder {
        override datagramReceived(data: Uint8Array, from: Address): void {
          super.datagramReceived(data, from)
          this.transport.abort()
        }
      }
      await lab.run(async () => {
        const impatient = new Impatient()
        const [transport] = await open(impatient)
        expect(transport.isClosing()).toBe(true)
        await until(() => impatient.lost.length === 1)
        const once = new Once()
        const sender = new Recorder()
        const [to] = await open(once)
        const [from] = await open(sender)
        for (let i = 0; i < 10; i++) from.sendto(Buffer.from('x'), sockname(to))
        await until(() => once.lost.length === 1)
        expect(once.events).toEqual(['made', 'data', 'lost'])
        await closed(sender)
      })
    })

    test('another protocol may take over', async () => {
      await lab.run(async () => {
        const first = new Recorder()
        const second = new Recorder()
        const sender = new Recorder()
        const [to] = await open(first)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        from.sendto(Buffer.from('1'))
        await until(() => first.data.length === 1)
        to.setProtocol(second)
        second.transport = to
        from.sendto(Buffer.from('2'))
        await until(() => second.data.length === 1)
        expect([first.texts, second.texts]).toEqual([['1'], ['2']])
        expectThrows(() => to.setProtocol({} as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['protocol'] })
        await closed(second, sender)
        expect(first.lost).toEqual([])
      })
    })

    test('the protocol is called in the async context in which the endpoint was made, with no task', async () => {
      const storage = new AsyncLocalStorage<string>()
      const contexts: unknown[] = []
      class Looking extends Recorder {
        override connectionMade(transport: DatagramTransport): void {
          super.connectionMade(transport)
          contexts.push(storage.getStore())
        }
        override datagramReceived(data: Uint8Array, from: Address): void {
          super.datagramReceived(data, from)
          contexts.push(storage.getStore())
        }
      }
      await lab.run(async () => {
        const looking = new Looking()
        const sender = new Recorder()
        const [to] = await storage.run('mine', () => open(looking))
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        from.sendto(Buffer.from('x'))
        await until(() => looking.data.length === 1)
        expect(contexts).toEqual(['mine', 'mine'])
        await closed(looking, sender)
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
      for (let i = 0; i < 2000 && openDescriptors() !== before; i++) await sleepReal()
      expect(openDescriptors()).toBe(before)
    })

    test('many sockets at once', async () => {
      await lab.run(async () => {
        const echo = new Echo()
        const [to] = await open(echo)
        const clients = await Promise.all(
          Array.from({ length: 40 }, async () => (await open(new Recorder(), { remoteAddr: sockname(to) }))[1]),
        )
        clients.forEach(({ transport }, index) => {
          transport.sendto(Buffer.from(`${index}`))
        })
        await until(() => clients.every(({ data }) => data.length === 1))
        clients.forEach(({ texts }, index) => {
          expect(texts).toEqual([`${index}`])
        })
        await closed(echo, ...clients)
      })
    })
  })
}

function sameSpot({ address, port }: Address): Pick<Address, 'address' | 'port'> {
  return { address, port }
}

function sleepReal(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
