// A DNS server over UDP: answers for the names in its table; all others do not exist. Without a port it asks itself. With
// one, as in `node scripts/run.mjs examples/10-dns-responder.ts 5353`, it serves `dig @127.0.0.1 -p 5353 one.example`.

import { type Address, createTask, DatagramProtocol, type DatagramTransport, getRunningLoop, Queue, run } from 'aioloop'

const ADDRESSES = new Map(Object.entries({ 'one.example': [192, 0, 2, 1], 'two.example': [192, 0, 2, 2] }))
const [A, ANSWER, NO_SUCH_NAME] = [1, [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4], 3]

/** What one query gets; undefined for what is none. */
function answerTo(query: Buffer): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]; length !== 0; length = query[at]) {
    if (length === undefined || length > 63) return undefined
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  if (at + 5 > query.length || query.readUInt16BE(2) & 0xf800 || query.readUInt16BE(4) !== 1) return undefined
  const address = ADDRESSES.get(labels.join('.').toLowerCase())
  const found = address !== undefined && query.readUInt16BE(at + 1) === A
  const flags = [0x84 | (query.readUInt8(2) & 1), address === undefined ? NO_SUCH_NAME : 0]
  const header = [...query.subarray(0, 2), ...flags, 0, 1, 0, found ? 1 : 0, 0, 0, 0, 0]
  return Buffer.from([...header, ...query.subarray(12, at + 5), ...(found ? [...ANSWER, ...address] : [])])
}

class Inbox extends DatagramProtocol {
  readonly received = new Queue<[Buffer, Address]>()
  override datagramReceived(data: Uint8Array, from: Address) {
    this.received.putNowait([Buffer.from(data), from]) // a copy: the memory behind `data` is used again
  }
}

async function serve(transport: DatagramTransport, { received }: Inbox) {
  for await (const [query, from] of received) {
    const answer = answerTo(query)
    if (answer !== undefined) transport.sendto(answer, from)
  }
}

await run(async () => {
  const loop = getRunningLoop()
  const localAddr = { address: '127.0.0.1', port: process.argv[2] ?? 0 }
  const [server, queries] = await loop.createDatagramEndpoint(() => new Inbox(), { localAddr })
  const serving = createTask(() => serve(server, queries))
  const remoteAddr = server.getExtraInfo('sockname') as Address
  if (process.argv[2] !== undefined) console.log(`port ${remoteAddr.port}`)
  if (process.argv[2] !== undefined) await serving // until ^C
  const [transport, answers] = await loop.createDatagramEndpoint(() => new Inbox(), { remoteAddr })
  for (const name of ['one.example', 'three.example']) {
    const labels = name.split('.').map((label) => String.fromCharCode(label.length) + label)
    transport.sendto(Buffer.from(`\0\x01\x01\0\0\x01\0\0\0\0\0\0${labels.join('')}\0\0\x01\0\x01`, 'latin1'))
    const [answer] = await answers.received.get()
    console.log(name, answer[3] === NO_SUCH_NAME ? 'does not exist' : answer.subarray(-4).join('.'))
  }
})

// Prints:
//   one.example 192.0.2.1
//   three.example does not exist
