/** Flow control of a datagram transport, over a socket that takes nothing until it is told to. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Address, DatagramTransport as Transport } from 'aioloop'
import { currentTask, DatagramProtocol, getRunningLoop, run, sleep } from 'aioloop'
import { expect, test } from 'vitest'
import { DATAGRAM_OVERHEAD, type DatagramEvents, type RawDatagram } from '../../../src/loop/io/datagram-io.ts'
import { Future } from '../../../src/tasks/future.ts'
import { schedulerOf } from '../../../src/tasks/scheduler-of.ts'
import { DatagramTransport } from '../../../src/transports/datagram-transport.ts'

const REMOTE: Address = { address: '192.0.2.1', port: 9, family: 'IPv4' }

class SlowSocket implements RawDatagram {
  events!: DatagramEvents
  readonly fd = -1
  readonly log: string[] = []
  queued = 0

  startReading(): void {
    this.log.push('start')
  }
  stopReading(): void {
    this.log.push('stop')
  }
  send(bytes: Uint8Array): void {
    this.queued += bytes.length + DATAGRAM_OVERHEAD
  }
  localName(): Address {
    return { address: '127.0.0.1', port: 1, family: 'IPv4' }
  }
  peerName(): Address {
    return REMOTE
  }
  setMembership(): void {}
  setMulticastInterface(): void {}
  setOption(): void {}
  close(): void {
    this.log.push('close')
  }
  /** The system takes all but so many bytes. */
  take(left: number): void {
    this.queued = left
    this.events.drained()
  }
}

class Flow extends DatagramProtocol {
  readonly log: string[] = []
  override pauseWriting(): void {
    this.log.push('pause')
  }
  override resumeWriting(): void {
    this.log.push('resume')
  }
  override connectionLost(error: unknown): void {
    this.log.push(`lost ${error}`)
  }
}

async function withTransport(
  body: (transport: Transport, socket: SlowSocket, flow: Flow) => Promise<void>,
): Promise<void> {
  await run(async () => {
    const scheduler = schedulerOf(getRunningLoop())
    const socket = new SlowSocket()
    const flow = new Flow()
    const made = new Future<void>(scheduler)
    const transport = new DatagramTransport(scheduler, socket, flow, REMOTE, made)
    await made
    await body(transport, socket, flow)
  })
}

test('every datagram counts with eight bytes more, empty ones too', () =>
  withTransport(async (transport) => {
    transport.sendto(new Uint8Array(100))
    transport.sendto(new Uint8Array(0))
    expect(transport.getWriteBufferSize()).toBe(116)
  }))

test('the protocol is paused above the high-water mark and resumed at the low one', () =>
  withTransport(async (transport, socket, flow) => {
    expect(transport.getWriteBufferLimits()).toEqual({ low: 16 * 1024, high: 64 * 1024 })
    transport.setWriteBufferLimits({ high: 1000, low: 200 })
    transport.sendto(new Uint8Array(992))
    expect(flow.log).toEqual([])
    transport.sendto(new Uint8Array(0))
    expect(flow.log).toEqual(['pause'])
    transport.sendto(new Uint8Array(10))
    expect(flow.log).toEqual(['pause'])
    socket.take(201)
    expect(flow.log).toEqual(['pause'])
    socket.take(200)
    expect(flow.log).toEqual(['pause', 'resume'])
    transport.setWriteBufferLimits({ high: 100 })
    expect(flow.log).toEqual(['pause', 'resume', 'pause'])
    expect(() => transport.setWriteBufferLimits({ high: 1, low: 2 })).toThrow(RangeError)
  }))

test('the protocol is paused in the context of its endpoint, and the task that sends goes on', async () => {
  const store = new AsyncLocalStorage<string>()
  await store.run('inner', () =>
    withTransport(async (transport, _socket, flow) => {
      const seen: unknown[] = []
      flow.pauseWriting = () => void seen.push(store.getStore(), currentTask())
      transport.setWriteBufferLimits({ high: 100 })
      const task = currentTask()
      store.run('sending', () => {
        transport.sendto(new Uint8Array(200))
        expect([store.getStore(), currentTask() === task]).toEqual(['sending', true])
      })
      expect(seen).toEqual(['inner', undefined])
    }),
  )
})

test('a transport that closes sends what waits first', () =>
  withTransport(async (transport, socket, flow) => {
    transport.sendto(new Uint8Array(100))
    transport.close()
    await sleep(1)
    expect([socket.log, flow.log]).toEqual([['start', 'stop'], []])
    transport.sendto(new Uint8Array(5))
    expect(transport.getWriteBufferSize()).toBe(108)
    socket.take(0)
    await sleep(1)
    expect([socket.log, flow.log]).toEqual([['start', 'stop', 'close'], ['lost undefined']])
  }))

test('one that aborts does not', () =>
  withTransport(async (transport, socket, flow) => {
    transport.sendto(new Uint8Array(100))
    transport.close()
    transport.abort()
    expect(socket.log).toEqual(['start', 'stop', 'close'])
    expect(transport.getWriteBufferSize()).toBe(0)
    expect(flow.log).toEqual([])
    await sleep(1)
    socket.take(0)
    expect(flow.log).toEqual(['lost undefined'])
  }))
