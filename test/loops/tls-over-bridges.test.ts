/** Where a stream cannot hand its connection to Node's TLS, that runs over a transport instead, and keeps the contract too. */
import { NativeEventLoopPolicy, PortableEventLoopPolicy } from 'aioloop'
import { afterAll, beforeAll } from 'vitest'
import { SocketStream } from '../../src/loop/io/socket-stream.ts'
import { NativeStream } from '../../src/native/native-stream.ts'
import { tlsContract } from '../contract/tls.contract.ts'
import { tlsEndingsContract } from '../contract/tls-endings.contract.ts'
import { tlsRefusalsContract } from '../contract/tls-refusals.contract.ts'

// A spy would keep what it is called on, and a test counts that.
const prototypes = [NativeStream.prototype, SocketStream.prototype]
const able = prototypes.map(({ handOver }) => handOver)
beforeAll(() => {
  for (const prototype of prototypes) prototype.handOver = () => undefined
})
afterAll(() => {
  for (const [at, prototype] of prototypes.entries()) prototype.handOver = able[at] as () => undefined
})

for (const policy of [new NativeEventLoopPolicy(), new PortableEventLoopPolicy()]) {
  const name = `${policy instanceof NativeEventLoopPolicy ? 'native' : 'portable'}, TLS over bridges`
  const harness = { name, realTime: true, fifo: true, newLoop: () => policy.newEventLoop() }
  tlsContract(harness)
  tlsEndingsContract(harness)
  tlsRefusalsContract(harness)
}
