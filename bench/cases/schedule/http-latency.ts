/**
 * Latency of a node:http server in this process, seen by a client in another, while this process is busy with something.
 * Shared by the subjects of that case, which differ only in what they are busy with.
 *
 * The client waits a little between requests, so that they arrive at any moment of a turn.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { quantile } from '../../harness/quantile.ts'

const REQUESTS = 100

interface Bench {
  readonly client: ChildProcess
  readonly lines: AsyncIterator<string>
}

let bench: Promise<Bench> | undefined

/** One slice: p50 and p99 in milliseconds over 100 requests. */
export async function httpLatency(startWork: () => void, stopWork: () => void | Promise<void>) {
  bench ??= open()
  const { client, lines } = await bench
  startWork()
  client.stdin?.write(`${REQUESTS}\n`)
  const { value } = await lines.next()
  await stopWork()
  const latencies: unknown = JSON.parse(value)
  if (!Array.isArray(latencies)) throw new TypeError(`reading the http client's answer: not a list: ${value}`)
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

async function open(): Promise<Bench> {
  const server = createServer((_, response) => response.end('ok'))
  // Between slices the client is silent for as long as the other subjects take: a server that then ends the connection,
  // as node:http does after 5 s, does so in the moment in which the next request arrives.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const args = ['--no-warnings', process.argv[1] ?? '', '--http-client', String(port)]
  const client = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  process.on('exit', () => client.kill('SIGKILL'))
  return { client, lines: createInterface({ input: client.stdout })[Symbol.asyncIterator]() }
}
