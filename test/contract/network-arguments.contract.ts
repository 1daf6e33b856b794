/** Arguments that look right and are not: refused at the call, by an error that names the argument and the remedy. */
import { BufferedProtocol, DatagramProtocol, type EventLoop, getRunningLoop, Protocol, StreamReader } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { Recorder as Datagrams } from './datagram-lab.ts'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, Recorder } from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, rejectionOf, thrownBy } from './refusal.ts'

const RANGE = { class: RangeError, code: ARGUMENT_RANGE }
const TYPE = { class: TypeError, code: ARGUMENT_TYPE }

export function networkArgumentsContract(harness: Harness): void {
  if (!hasStreams(harness)) return

  describe('arguments of the network', () => {
    const lab = openLab(harness)

    test('a local address that says no address', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const shapes = [['127.0.0.9', 0], '127.0.0.9', { host: '127.0.0.9' }, { port: 0 }, {}, [], null, 5]
        for (const localAddr of shapes as never[]) {
          const names = [/'options\.localAddr'/, "{ address: '127.0.0.1'"]
          const connect = () => loop.createConnection(() => new Protocol(), '127.0.0.1', 1, { localAddr })
          expectThrows(connect, { ...TYPE, names: [/^createConnection: /, ...names] })
          const open = () => loop.createDatagramEndpoint(() => new Datagrams(), { localAddr })
          expectThrows(open, { ...TYPE, names: [/^createDatagramEndpoint: /, ...names] })
        }
        const remoteAddr = { host: '127.0.0.1', port: 9 } as never
        expectThrows(() => loop.createDatagramEndpoint(() => new Datagrams(), { remoteAddr }), {
          ...TYPE,
          names: ["'options.remoteAddr' has no 'address'"],
        })
      }))

    test('a local address whose host or port is none', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const from = (localAddr: unknown) => () =>
          loop.createConnection(() => new Protocol(), '127.0.0.1', 1, { localAddr: localAddr as never })
        expectThrows(from({ address: 5 }), { ...TYPE, names: ['options.localAddr', 'host'] })
        expectThrows(from({ address: '' }), { ...RANGE, names: ['options.localAddr', 'host'] })
        expectThrows(from({ address: '127.0.0.1', port: 70_000 }), { ...RANGE, names: ['options.localAddr', 'port'] })
      }))

    test('a list or a function in place of options', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        for (const [call, open] of callsWithOptions(loop)) {
          for (const options of [[], [1], () => {}, 'x', 5, null]) {
            expectThrows(() => open(options as never), { ...TYPE, names: [`${call}: 'options' must be an object`] })
          }
        }
        expectThrows(() => new StreamReader([] as never), { ...TYPE, names: ['an empty array'] })
        const { server, client, peer } = await connectedPair(loop)
        expectThrows(() => client.transport.setWriteBufferLimits([1, 2] as never), { ...TYPE, names: ["'limits'"] })
        await closeAll(server, client, peer)
      }))

    test('a class in place of a factory', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        class Mine extends Protocol {}
        const names = ["'protocolFactory'", '() => new Mine()']
        for (const open of callsWithFactory(loop, Mine as never)) expectThrows(open, { ...TYPE, names })
        const unnamed = (() => class extends Protocol {})() as never
        expectThrows(() => loop.createConnection(unnamed, '127.0.0.1', 1), {
          ...TYPE,
          names: ['() => new MyProtocol()'],
        })
        class Letters extends DatagramProtocol {}
        expectThrows(() => loop.createDatagramEndpoint(Letters as never, { family: 4 }), {
          ...TYPE,
          names: ['() => new Letters()'],
        })
        // A function that nobody can change is a function still.
        const frozen = Object.freeze(function make() {
          return new Mine()
        })
        const server = await loop.createServer(frozen, '127.0.0.1', 0)
        server.close()
        await server.waitClosed()
      }))

    test('what is no list of bytes is not written', () =>
      lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const { transport } = client
        for (const pieces of [5, null, undefined, {}, 'text', Buffer.from('text'), new ArrayBuffer(2)]) {
          expectThrows(() => transport.writelines(pieces as never), {
            ...TYPE,
            names: ["transport.writelines: 'pieces'"],
          })
        }
        const memory = new ArrayBuffer(4)
        const view = new DataView(memory)
        structuredClone(memory, { transfer: [memory] })
        for (const gone of [memory, view]) {
          expectThrows(() => transport.write(gone as never), { ...TYPE, names: ['transport.write', 'transferred'] })
        }
        transport.writelines(new Set([Buffer.from('a'), Buffer.from('b')]))
        await peer.when(() => peer.text === 'ab')
        await closeAll(server, client, peer)
      }))

    test('the words of errors fit what came', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const [transport] = await loop.createDatagramEndpoint(() => new Datagrams(), { family: 4 })
        expectThrows(() => transport.sendto(Buffer.from('x')), {
          ...TYPE,
          names: [/'to' must be there, since this transport has no remote address; write \{ address/],
        })
        transport.close()
        const remoteAddr = { address: '127.0.0.1', port: 9 }
        const [connected] = await loop.createDatagramEndpoint(() => new Datagrams(), { remoteAddr })
        expectThrows(() => connected.sendto(Buffer.from('x'), { address: '127.0.0.1', port: 10 }), {
          ...RANGE,
          names: [/left out, or 127\.0\.0\.1 port 9, .* not 127\.0\.0\.1 port 10$/],
        })
        connected.close()
        const localAddr = { address: '::1', port: 0 }
        await expectRejects(() => loop.createDatagramEndpoint(() => new Datagrams(), { localAddr, remoteAddr }), {
          ...RANGE,
          names: ["'options.localAddr' (::1) and 'options.remoteAddr' (127.0.0.1)", 'the same family'],
        })
        expectThrows(() => new StreamReader().readuntil([]), {
          ...RANGE,
          names: [/one separator at least, not an empty array$/],
        })
        const { server, client, peer } = await connectedPair(loop)
        expectThrows(() => client.transport.setWriteBufferLimits({ low: 10, high: 5 }), {
          ...RANGE,
          names: [/'limits' must be such that 0 <= low <= high, not low=10 and high=5$/],
        })
        await closeAll(server, client, peer)
        for (const given of [{ a: 1 }, Object.create(null)]) {
          const error = thrownBy(() => loop.createConnection(given, '127.0.0.1', 1)) as Error
          expect(error.message).toMatch(/must be a function, not an object$/)
        }
        expect(await rejectionOf(() => loop.createConnection(() => new Protocol(), '', 1))).toMatchObject({
          message: expect.stringMatching(/not an empty string$/),
        })
      }))

    test('which method of a BufferedProtocol failed is told', () =>
      lab.run(async () => {
        for (const method of ['getBuffer', 'bufferUpdated'] as const) {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          const failure = new Error(`${method} of the user's`)
          const protocol = new Failing(method, failure)
          peer.transport.setProtocol(protocol)
          client.transport.write(Buffer.from('bytes'))
          expect(await protocol.lost).toBe(failure)
          expect(lab.takeReports()).toMatchObject([{ message: `protocol.${method}() failed`, exception: failure }])
          await closeAll(server, client)
        }
      }))
  })
}

type Call = readonly [name: string, call: (options: never) => unknown]

function callsWithOptions(loop: EventLoop): Call[] {
  const factory = (): Recorder => new Recorder()
  return [
    ['createConnection', (options) => loop.createConnection(factory, '127.0.0.1', 1, options)],
    ['createServer', (options) => loop.createServer(factory, '127.0.0.1', 0, options)],
    ['createUnixConnection', (options) => loop.createUnixConnection(factory, '/nowhere', options)],
    ['createUnixServer', (options) => loop.createUnixServer(factory, '/nowhere/socket', options)],
    ['createDatagramEndpoint', (options) => loop.createDatagramEndpoint(() => new Datagrams(), options)],
    ['connectAcceptedSocket', (options) => loop.connectAcceptedSocket(factory, 0, options)],
    ['getaddrinfo', (options) => loop.getaddrinfo('127.0.0.1', 1, options)],
    ['sendfile', (options) => loop.sendfile({} as never, 0, options)],
  ]
}

function callsWithFactory(loop: EventLoop, factory: () => Protocol): (() => unknown)[] {
  return [
    () => loop.createConnection(factory, '127.0.0.1', 1),
    () => loop.createServer(factory, '127.0.0.1', 0),
    () => loop.createUnixConnection(factory, '/nowhere'),
    () => loop.createUnixServer(factory, '/nowhere/socket'),
    () => loop.connectAcceptedSocket(factory, 0),
    () => loop.connectReadPipe(factory, 0),
    () => loop.connectWritePipe(factory, 0),
  ]
}

/** A protocol with memory of its own, and one method that fails. */
class Failing extends BufferedProtocol {
  readonly lost: Promise<unknown>
  readonly #method: string
  readonly #failure: Error
  #tell: (error: unknown) => void = () => {}

  constructor(method: string, failure: Error) {
    super()
    this.#method = method
    this.#failure = failure
    this.lost = new Promise((resolve) => {
      this.#tell = resolve
    })
  }

  override getBuffer(): Uint8Array {
    if (this.#method === 'getBuffer') throw this.#failure
    return new Uint8Array(16)
  }

  override bufferUpdated(): void {
    throw this.#failure
  }

  override connectionLost(error: unknown): void {
    this.#tell(error)
  }
}
