/** The measurements of a server under the loads of bench/peers/net-loads.json, the same for all subjects. */
import type { Probe } from '../../harness/program.ts'
import { cpuTime } from '../../harness/program.ts'
import loads from '../../peers/net-loads.json' with { type: 'json' }
import { stayOnServersCore } from './cores.ts'
import type { Load, SliceResult } from './load-process.ts'
import { LoadProcess } from './load-process.ts'

/** Shorter slices than this say nothing about a server. */
export const SHORTEST_SLICE_MS = 100
const MIB = 1024 ** 2

export const LOADS = loads as Readonly<Record<string, Load>>

/** Starts a server for a load, and gives its address as in bench/peers/load.h. */
export type Serve = (load: Load) => PromiseLike<string>

export interface Measured {
  readonly serve: Serve
  /** The cases in which it can take part. */
  readonly takes: (load: Load) => boolean
  /** Keys are then `case:form`. */
  readonly form?: string
  /** Nanoseconds of processor time of the server so far. Default: of this process. */
  readonly spent?: () => number
}

/** Measurements of one server, by case. The one that holds connections idle is in idle.ts. */
export function loaded({ serve, takes, form, spent = cpuTime }: Measured): Record<string, Probe> {
  const chosen = Object.entries(LOADS).filter(([name, load]) => name !== 'idle' && takes(load))
  return Object.fromEntries(
    chosen.map(([name, load]) => [form === undefined ? name : `${name}:${form}`, measurement(load, serve, spent)]),
  )
}

function measurement(load: Load, serve: Serve, spent: () => number): Probe {
  let started: Promise<{ readonly process: LoadProcess; readonly address: string }> | undefined
  return {
    probe: async (ms: number) => {
      started ??= start(load, serve)
      const { process, address } = await started
      const before = spent()
      const result = await process.slice(address, load, Math.max(ms, SHORTEST_SLICE_MS))
      return figuresOf(load, result, spent() - before)
    },
  }
}

async function start(load: Load, serve: Serve) {
  const process = new LoadProcess(load.load, load.load === 'bulk-load' ? [load.serves] : [])
  const address = await serve(load)
  stayOnServersCore()
  return { process, address }
}

/** Times in microseconds: of the server's processor, of a request or a MiB; and of latency, or MiB a second. */
export function figuresOf({ serves }: Load, { count, took, p50, p99 }: SliceResult, cpu: number) {
  if (count === 0) throw new Error('the load made no requests')
  if (serves === 'echo') return { cpu: cpu / count / 1000, p50: p50 / 1000, p99: p99 / 1000 }
  return { cpu: cpu / (count / MIB) / 1000, rate: count / MIB / (took / 1e9) }
}
