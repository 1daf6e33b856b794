/** Datagram endpoints, look-ups, watches of descriptors. */
import {
  type Address,
  type AddressInfo,
  type Awaitable,
  DatagramProtocol,
  type DatagramTransport,
  type FileDescriptor,
  getRunningLoop,
  type NameInfo,
} from 'aioloop'
import { exact } from './exact.ts'

class Mine extends DatagramProtocol {
  readonly mine = 1
  override connectionMade(transport: DatagramTransport): void {
    exact<Address | string | undefined>()(transport.getExtraInfo('sockname'))
    exact<number | undefined>()(transport.getExtraInfo('fd'))
    transport.sendto(new Uint8Array(1), { address: '::1', port: 1 })
    // @ts-expect-error bytes, not text
    transport.sendto('text')
  }
  override datagramReceived(data: Uint8Array, from: Address): void {
    exact<Uint8Array>()(data)
    exact<'IPv4' | 'IPv6'>()(from.family)
  }
}

const loop = getRunningLoop()
const localAddr = { address: '127.0.0.1', port: 0 }

exact<Awaitable<[DatagramTransport, Mine]>>()(loop.createDatagramEndpoint(() => new Mine(), { localAddr }))
export async function endpoints(): Promise<void> {
  const [transport, protocol] = await loop.createDatagramEndpoint(() => new Mine(), {
    remoteAddr: localAddr,
    family: 4,
  })
  exact<DatagramTransport>()(transport)
  exact<number>()(protocol.mine)
}
// @ts-expect-error no such family
loop.createDatagramEndpoint(() => new Mine(), { family: 5 })
// @ts-expect-error not a datagram protocol
loop.createDatagramEndpoint(() => ({}), { localAddr })

exact<Awaitable<AddressInfo[]>>()(loop.getaddrinfo('localhost', 'http', { type: 'datagram', flags: { passive: true } }))
exact<Awaitable<AddressInfo[]>>()(loop.getaddrinfo(null, null))
export function* lookUp() {
  const [first] = yield* loop.getaddrinfo('localhost', 80)
  exact<'stream' | 'datagram' | undefined>()(first?.type)
  exact<NameInfo>()(yield* loop.getnameinfo({ address: '::1', port: 80 }, { numericHost: true }))
}
// @ts-expect-error flags have names
loop.getaddrinfo('localhost', 80, { flags: 1 })
// @ts-expect-error a numeric address with its port
loop.getnameinfo('::1')

exact<void>()(loop.addReader(0, (text: string, count: number) => void [text, count], 'a', 1))
exact<boolean>()(loop.removeWriter({ fd: 0 } satisfies FileDescriptor))
// @ts-expect-error the arguments must fit the callback
loop.addReader(0, (text: string) => void text, 1)
