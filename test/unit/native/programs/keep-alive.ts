/**
 * Starts one timer from the place named by the first argument, and nothing else, or waits for a stream; prints `fired` when it
 * fires. That the
 * process is still there then is what the test looks for. `idle` and `stopped` are the places that must not keep it.
 */
import { readFile } from 'node:fs'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeHost } from '../fake-host.ts'
import { connectTcp, listenTcp, type Recorder } from '../stream-recorder.ts'

const host = new FakeHost()
host.backend.start()
const begin = () => {
  host.after(25, () => console.log('fired'))
}

function fromHttpHandler(): void {
  const server = createServer((_request, response) => {
    begin()
    response.end()
    server.close()
  })
  server.listen(0, '127.0.0.1', () => {
    get({ port: (server.address() as AddressInfo).port, agent: false }, (response) => response.resume())
  })
}

// A registry that is collected itself calls nobody.
const registry = new FinalizationRegistry(begin)

function fromFinalizer(): void {
  registry.register({}, 0)
  setTimeout(() => globalThis.gc?.(), 5)
}

function fromOwnTimers(left: number): void {
  host.after(1, () => (left === 0 ? begin() : fromOwnTimers(left - 1)))
}

/** Two ends, and what is to be done when both are there; the listener is closed then. */
function connect(then: (client: Recorder, server: Recorder) => void): void {
  const accepting = listenTcp(host.backend.streams)
  const client = connectTcp(host.backend.streams, accepting.address)
  const look = () => {
    const [server] = accepting.came
    if (server === undefined || !client.log.includes('connected')) return
    accepting.listener.close()
    host.onTurn = undefined
    then(client, server)
  }
  accepting.onStream = () => {}
  host.onTurn = look
}

/** Something else in the process writes, which by itself keeps nothing alive for long. */
const later = (work: () => void) => void setTimeout(work, 20).unref()

const places: Record<string, () => void> = {
  main: begin,
  promise: () => void Promise.resolve().then(begin),
  nextTick: () => process.nextTick(begin),
  immediate: () => void setImmediate(begin),
  timeout: () => void setTimeout(begin, 5),
  file: () => readFile(import.meta.filename, begin),
  beforeExit: () => void process.once('beforeExit', begin),
  http: fromHttpHandler,
  finalizer: fromFinalizer,
  turn: () => fromOwnTimers(20),
  idle: () => {},
  stopped: () => {
    begin()
    host.backend.stop()
  },
  cancelled: () => host.backend.cancelTimer(host.after(60_000)),
  reading: () =>
    connect((client, server) => {
      client.onEvent = (event) => {
        if (event !== 'received') return
        console.log('fired')
        client.stream.close()
        server.stream.close()
      }
      client.stream.startReading()
      later(() => server.stream.write(Buffer.from('x')))
    }),
  connecting: () => {
    const accepting = listenTcp(host.backend.streams)
    accepting.listener.pause()
    const client = connectTcp(host.backend.streams, accepting.address)
    client.onEvent = (event) => {
      if (event !== 'connected') return
      console.log('fired')
      client.stream.close()
    }
  },
  writing: () =>
    connect((client, server) => {
      server.onBytes = () => {}
      client.stream.write(new Uint8Array(20_000_000))
      client.onEvent = (event) => {
        if (event !== 'drained') return
        console.log('fired')
        client.stream.close()
        server.stream.close()
      }
      later(() => server.stream.startReading())
    }),
  'listening, and paused': () => listenTcp(host.backend.streams).listener.pause(),
  'reading, and stopped': () =>
    connect((client) => {
      client.stream.startReading()
      client.stream.stopReading()
    }),
  'reading, of a loop that is stopped': () =>
    connect((client) => {
      client.stream.startReading()
      host.backend.stop()
    }),
  closed: () => {
    begin()
    host.backend.close()
  },
}

places[process.argv[2] ?? '']?.()
