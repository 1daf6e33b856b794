/**
 * The Node programs by name. Each is loaded only in the process that runs it; what they import from packages they load
 * when asked for, so a missing package is a row in the table and not the end of the run.
 */
import type { Program } from '../harness/program.ts'
import { Missing } from '../harness/program.ts'

type Load = () => Promise<{ readonly program: Program }>

const programs: Readonly<Record<string, Load>> = {
  'start/aioloop': () => import('./start/aioloop.ts'),
  'start/bare': () => import('./start/bare.ts'),
  'start/effection': () => import('./start/effection.ts'),
  'start/effect': () => import('./start/effect.ts'),
  'schedule/aioloop': () => import('./schedule/aioloop.ts'),
  'schedule/set-immediate': () => import('./schedule/set-immediate.ts'),
  'schedule/next-tick': () => import('./schedule/next-tick.ts'),
  'schedule/queue-microtask': () => import('./schedule/queue-microtask.ts'),
  'timers/aioloop': () => import('./timers/aioloop.ts'),
  'timers/set-timeout': () => import('./timers/set-timeout.ts'),
  'tasks/aioloop': () => import('./tasks/aioloop.ts'),
  'tasks/promise': () => import('./tasks/promise.ts'),
  'tasks/effection': () => import('./tasks/effection.ts'),
  'tasks/effect': () => import('./tasks/effect.ts'),
  'net/aioloop': () => import('./net/aioloop.ts'),
  'net/node-net': () => import('./net/node-net.ts'),
  'net/node-dgram': () => import('./net/node-dgram.ts'),
  'net/child-process': () => import('./net/child-process.ts'),
  'net/c': () => import('./net/c.ts'),
  'executors/aioloop': () => import('./executors/aioloop.ts'),
  'executors/piscina': () => import('./executors/piscina.ts'),
  'executors/tinypool': () => import('./executors/tinypool.ts'),
  'executors/workerpool': () => import('./executors/workerpool.ts'),
  'threads/aioloop': () => import('./threads/aioloop.ts'),
  'threads/message-port': () => import('./threads/message-port.ts'),
  'structured/aioloop': () => import('./structured/aioloop.ts'),
  'structured/promise': () => import('./structured/promise.ts'),
  'structured/effection': () => import('./structured/effection.ts'),
  'structured/effect': () => import('./structured/effect.ts'),
  'sync/aioloop': () => import('./sync/aioloop.ts'),
  'sync/promise': () => import('./sync/promise.ts'),
  'sync/async-mutex': () => import('./sync/async-mutex.ts'),
  'sync/async-sema': () => import('./sync/async-sema.ts'),
  'sync/limiters': () => import('./sync/limiters.ts'),
  'sync/effection': () => import('./sync/effection.ts'),
  'sync/effect': () => import('./sync/effect.ts'),
}

export async function loadProgram(name: string): Promise<Program> {
  const load = programs[name]
  if (load === undefined) throw new Error(`loading the program of a subject: there is none called ${name}`)
  try {
    return (await load()).program
  } catch (error) {
    throw missingPackage(error) ?? error
  }
}

/** Where only the bundled benchmarks are installed, the packages that aioloop is compared with are not. */
function missingPackage(error: unknown): Missing | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  const name = code === 'ERR_MODULE_NOT_FOUND' ? /package '([^']+)'/.exec(message)?.[1] : undefined
  return name === undefined ? undefined : new Missing(`not installed: ${name} is not part of this package`)
}
