/**
 * Ways for a process or a Worker to end while loops are in use, and drivers that repeat each of them. A driver returns what
 * went wrong, one line each; an empty list is success. Used by the lifecycle tests in small and by the soak in full counts.
 */
import { runProgram } from './program.ts'

/** Timers, a running loop, a task in a sleep, I/O of every family that the loop has, a second loop. */
const BUSY = `
  const doIo = (lib, loop) => {
    const forget = (wait) => void wait.then(() => {}, () => {})
    if (loop.capabilities.names) for (let i = 0; i < 6; i++) forget(loop.getaddrinfo('localhost', i))
    if (loop.capabilities.fdWatch) {
      // A new terminal can be written at any time, so this is called again and again.
      const terminal = process.getBuiltinModule('node:fs').openSync('/dev/ptmx', 'r+')
      loop.addWriter(terminal, () => {})
      loop.addReader(terminal, () => {})
    }
    class Echo extends lib.DatagramProtocol {
      connectionMade(transport) {
        this.transport = transport
        for (let i = 0; i < 5; i++) transport.sendto(Buffer.alloc(100), transport.getExtraInfo('sockname'))
      }
      datagramReceived(data, from) {
        this.transport.sendto(data, from)
      }
    }
    const localAddr = { address: '127.0.0.1', port: 0 }
    // node:dgram can abort the process (in UDPWrap::OnRecv) when terminate() meets a datagram that comes in.
    const { isMainThread } = process.getBuiltinModule('node:worker_threads')
    if (loop.capabilities.datagram && (loop.name === 'native' || isMainThread)) forget(loop.createDatagramEndpoint(() => new Echo(), { localAddr }))
  }
  const busy = (lib) => {
    const loops = [lib.newEventLoop(), lib.newEventLoop()]
    for (const loop of loops) {
      for (let i = 0; i < 50; i++) loop.callLater(1 + i * 100, () => {})
      loop.callLater(1, function again() { loop.callLater(1, again) })
      loop.createTask(async () => { for (;;) await lib.sleep(1) })
      loop.createTask(function* () { yield* lib.sleep(60000) })
      doIo(lib, loop)
      void loop.runForever().catch(() => {})
    }
    return loops
  }
`
/** Sockets in the middle of sending and reading, over TCP and a Unix socket, on loops that run. */
const TRAFFIC = `
  const traffic = async (lib) => {
    class Echo extends lib.Protocol {
      connectionMade(transport) { this.transport = transport; transport.write(Buffer.alloc(100000)) }
      dataReceived(bytes) { this.transport.write(bytes) }
    }
    const path = (await import('node:os')).tmpdir() + '/aioloop-traffic-' + process.pid + '-' + Math.random()
    const ready = []
    for (const loop of [lib.newEventLoop(), lib.newEventLoop()]) {
      const make = () => new Echo()
      const own = path + ready.length
      ready.push(new Promise((resolve) => loop.createTask(async () => {
        const tcp = await loop.createServer(make, '127.0.0.1', 0)
        const unix = await loop.createUnixServer(make, own)
        for (let i = 0; i < 5; i++) {
          await loop.createConnection(make, '127.0.0.1', tcp.sockets[0].localName.port)
          await loop.createUnixConnection(make, own)
        }
        ;(await import('node:fs')).rmSync(own)
        resolve()
      })))
      void loop.runForever().catch(() => {})
    }
    await Promise.all(ready)
  }
`
const FOREVER = 'function* () { for (;;) yield* lib.sleep(1000) }'

interface ProcessEnd {
  readonly source: string
  readonly code: number
}

export const PROCESS_ENDS: Record<string, ProcessEnd> = {
  'process.exit with busy loops': { source: 'busy(lib); setTimeout(() => process.exit(5), 10)', code: 5 },
  'process.exit with sockets in traffic': {
    source: 'await traffic(lib); setTimeout(() => process.exit(4), 10)',
    code: 4,
  },
  'process.exit at once': { source: 'busy(lib); process.exit(6)', code: 6 },
  'process.exit in a callback of the loop': { source: 'busy(lib)[0].callLater(5, () => process.exit(7))', code: 7 },
  'process.exit in a task': {
    source: 'busy(lib)[0].createTask(function* () { yield* lib.sleep(5); process.exit(8) })',
    code: 8,
  },
  'process.exit inside a blocking run': {
    source: 'busy(lib); lib.runSync(function* () { yield* lib.sleep(5); process.exit(9) })',
    code: 9,
  },
  'an uncaught error with busy loops': {
    source: 'busy(lib); setTimeout(() => { throw new Error("end") }, 5)',
    code: 1,
  },
  'an unhandled rejection with busy loops': {
    source: 'busy(lib); setTimeout(() => Promise.reject(new Error("end")), 5)',
    code: 1,
  },
  'an uncaught error thrown out of a blocking run': {
    source: 'busy(lib); lib.runSync(function* () { yield* lib.sleep(1); throw new Error("end") })',
    code: 1,
  },
  'a normal end with loops that were closed': {
    source:
      'const loops = busy(lib); setTimeout(() => { for (const l of loops) { l.stop(); setImmediate(() => setImmediate(() => { if (!l.isRunning()) { l.setExceptionHandler(() => {}); l.close() } })) } }, 10)',
    code: 0,
  },
  'a normal end with loops that were never run': {
    source:
      'for (let i = 0; i < 20; i++) { const l = lib.newEventLoop(); l.callLater(1000, () => {}); l.callSoon(() => {}) }',
    code: 0,
  },
}

export async function endProcesses(loop: string, end: string, count: number): Promise<string[]> {
  const { source, code } = PROCESS_ENDS[end] as ProcessEnd
  const program = `import * as lib from 'aioloop'\n${BUSY}\n${TRAFFIC}\n${source}`
  const problems: string[] = []
  for (let i = 0; i < count; i++) {
    const ended = await runProgram(program, { env: { AIOLOOP_LOOP: loop } })
    if (ended.hung || ended.signal !== null || ended.code !== code) {
      problems.push(
        `run ${i}: code ${ended.code}, signal ${ended.signal}, hung ${ended.hung}\n${ended.stderr.slice(0, 500)}`,
      )
    }
  }
  return problems
}

interface WorkerEnd {
  /** Runs in the Worker, as a module. Posts `ready` when it is in the state that is to end. */
  readonly source: string
  /** Whether the parent terminates it; else it ends by itself. */
  readonly terminate: boolean
  readonly code: number
}

const READY = "parentPort.postMessage('ready')"

export const WORKER_ENDS: Record<string, WorkerEnd> = {
  'terminate with busy loops': { source: `busy(lib); ${READY}`, terminate: true, code: 1 },
  'terminate with sockets in traffic': { source: `await traffic(lib); ${READY}`, terminate: true, code: 1 },
  'terminate at once': { source: `${READY}; busy(lib)`, terminate: true, code: 1 },
  'terminate inside a blocking run': {
    source: `busy(lib); ${READY}; lib.runSync(${FOREVER})`,
    terminate: true,
    code: 1,
  },
  'terminate inside a blocking run that spins': {
    source: `${READY}; lib.runSync(function* () { for (;;) yield* lib.sleep(0) })`,
    terminate: true,
    code: 1,
  },
  'process.exit with busy loops': {
    source: 'busy(lib); setTimeout(() => process.exit(3), 3)',
    terminate: false,
    code: 3,
  },
  'process.exit in a callback of the loop': {
    source: 'busy(lib)[0].callLater(3, () => process.exit(4))',
    terminate: false,
    code: 4,
  },
  'process.exit inside a blocking run': {
    source: 'lib.runSync(function* () { yield* lib.sleep(3); process.exit(5) })',
    terminate: false,
    code: 5,
  },
  'an uncaught error with busy loops': {
    source: 'busy(lib); setTimeout(() => { throw new Error("expected") }, 3)',
    terminate: false,
    code: 1,
  },
  'a normal end': {
    source: 'await lib.run(async () => { lib.createTask(() => lib.sleep(60000)); await lib.sleep(3) })',
    terminate: false,
    code: 0,
  },
  'a normal end after a blocking run': {
    source: 'lib.runSync(function* () { yield* lib.sleep(3) })',
    terminate: false,
    code: 0,
  },
}

/** Workers one after the other in one process, which must stay alive and end by itself with all loops given back. */
export async function endWorkers(loop: string, end: string, count: number): Promise<string[]> {
  const { source, terminate, code } = WORKER_ENDS[end] as WorkerEnd
  const worker = `import { parentPort } from 'node:worker_threads'
import * as lib from 'aioloop'
${BUSY}
${TRAFFIC}
${source}`
  const program = `
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
const source = ${JSON.stringify(worker)}.replaceAll("'aioloop'", JSON.stringify(import.meta.resolve('aioloop')))
const problems = []
const descriptors = () => process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
let before
for (let i = 0; i < ${count}; i++) {
  const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)))
  const code = await new Promise((resolve) => {
    const late = setTimeout(() => resolve('it did not end in 60 s'), 60000)
    worker.once('exit', (code) => { clearTimeout(late); resolve(code) })
    worker.once('error', () => {})
    ${terminate ? "worker.once('message', () => setTimeout(() => worker.terminate(), i % 5))" : ''}
  })
  if (code !== ${code}) problems.push('worker ' + i + ': ' + code)
  // The first one brings what stays with the process.
  before ??= descriptors()
}
for (let i = 0; descriptors() > before && i < 4000; i++) await new Promise((resolve) => setTimeout(resolve, 5))
if (descriptors() > before) problems.push('descriptors: ' + before + ' after the first worker, ' + descriptors() + ' at the end')
console.log(JSON.stringify(problems))
process.exit(0)`
  const ended = await runProgram(program, { env: { AIOLOOP_LOOP: loop } })
  if (ended.hung || ended.code !== 0) {
    return [
      `the process itself: code ${ended.code}, signal ${ended.signal}, hung ${ended.hung}\n${ended.stderr.slice(0, 800)}`,
    ]
  }
  return JSON.parse(ended.stdout) as string[]
}
