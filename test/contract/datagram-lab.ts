/** What the suites of datagrams share: protocols that keep what happens, and ways to open and close endpoints. */
import type { Address, Awaitable, DatagramEndpointOptions, DatagramTransport, EventLoop } from 'aioloop'
import { DatagramProtocol, getRunningLoop } from 'aioloop'
import { expect } from 'vitest'
import { type Harness, later } from './harness.ts'

export const ANY_PORT = { address: '127.0.0.1', port: 0 }

/** Keeps what happens, in order. */
export class Recorder extends DatagramProtocol {
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

export class Echo extends Recorder {
  override datagramReceived(data: Uint8Array, from: Address): void {
    super.datagramReceived(data, from)
    this.transport.sendto(data, from)
  }
}

export function sockname(transport: DatagramTransport): Address {
  return transport.getExtraInfo('sockname') as Address
}

/** What a loop of this kind can do. */
export function capabilitiesOf(harness: Harness): EventLoop['capabilities'] {
  const probe = harness.newLoop()
  const { capabilities } = probe
  probe.close()
  return capabilities
}

/** An endpoint of the running loop. */
export function open<P extends DatagramProtocol>(
  protocol: P,
  options: DatagramEndpointOptions = { localAddr: ANY_PORT },
): Awaitable<[DatagramTransport, P]> {
  return getRunningLoop().createDatagramEndpoint(() => protocol, options)
}

/** Wait until it is so. */
export async function until(so: () => boolean, loop: EventLoop = getRunningLoop()): Promise<void> {
  for (let i = 0; i < 20_000 && !so(); i++) await later(loop, 1)
  expect(so()).toBe(true)
}

/** Close their transports, and wait for that. */
export async function closed(...protocols: Recorder[]): Promise<void> {
  for (const { transport } of protocols) transport.close()
  await until(() => protocols.every(({ lost }) => lost.length > 0))
}
