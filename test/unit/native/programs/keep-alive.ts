/**
 * Starts one timer from the place named by the first argument, and nothing else; prints `fired` when it fires. That the
 * process is still there then is what the test looks for. `idle` and `stopped` are the places that must not keep it.
 */
import { readFile } from 'node:fs'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeHost } from '../fake-host.ts'

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
  closed: () => {
    begin()
    host.backend.close()
  },
}

places[process.argv[2] ?? '']?.()
