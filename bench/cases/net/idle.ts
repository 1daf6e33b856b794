/**
 * The case `idle`: what one of many open connections weighs that has answered one request, and now says nothing. Half of
 * them are there before it is measured, and the other half is divided by its number: what a process needs once, and code
 * that is compiled on the way, would be a third of the figure.
 */
import { readFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import type { Probe } from '../../harness/program.ts'
import { Missing } from '../../harness/program.ts'
import { LOADS, type Serve } from './load-cases.ts'
import { LoadProcess } from './load-process.ts'

/** Descriptors that a process has open beside its connections. */
const OTHERS = 100

/** Bytes: resident, resident without the empty pages that V8 keeps for later, and what the heap knows of. */
export interface Memory {
  readonly used: number
  readonly rss: number
  readonly heap: number
}

/** One measurement in one process. `memory` of the server; by default it is this process. */
export function idle(serve: Serve, form?: string, memory: () => Memory = ownMemory): Record<string, Probe> {
  const name = form === undefined ? 'idle' : `idle:${form}`
  return { [name]: { probe: () => measure(serve, memory) } }
}

async function measure(serve: Serve, memory: () => Memory): Promise<Record<keyof Memory, number>> {
  const load = LOADS.idle
  if (load === undefined) throw new Error('measuring idle connections: bench/peers/net-loads.json has no such load')
  if (process.platform === 'linux') {
    const lacking = limitTooLow(readFileSync('/proc/self/limits', 'utf8'), load.connections + OTHERS)
    if (lacking !== undefined) throw new Missing(lacking)
  }
  const half = { ...load, connections: load.connections / 2 }
  const loads = [new LoadProcess(load.load), new LoadProcess(load.load)]
  const address = await serve(load)
  await loads[0]?.slice(address, half, 0)
  const before = memory()
  await loads[1]?.slice(address, half, 0)
  const after = memory()
  const each = (key: keyof Memory) => (after[key] - before[key]) / half.connections
  return { used: each('used'), rss: each('rss'), heap: each('heap') }
}

/** Needs `--expose-gc`. Twice: the first collection finds what finalizers freed only in the second. */
function ownMemory(): Memory {
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const { total_physical_size: resident, used_heap_size: used } = getHeapStatistics()
  return { used: rss - (resident - used), rss, heap: heapUsed + external }
}

/** Why so many descriptors cannot be open, by the text of /proc/self/limits; undefined when they can. */
export function limitTooLow(limits: string, wanted: number): string | undefined {
  const hard = Number(/^Max open files +\S+ +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  return hard >= wanted ? undefined : `needs ${wanted} open files, the limit is ${hard}: ulimit -n ${wanted}`
}
