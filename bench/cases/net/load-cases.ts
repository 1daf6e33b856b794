/** What the `net` cases ask of a server, the same for all subjects, and the table of measurements of one. */
import type { Probe } from '../../harness/program.ts'
import { cpuTime } from '../../harness/program.ts'
import { EchoLoad, pinServer } from './echo-load.ts'

export interface Load {
  readonly connections: number
  /** Bytes of a request; 0: connections that are made and closed. */
  readonly size: number
}

export const LOADS: Readonly<Record<string, Load>> = {
  'echo-1k': { connections: 50, size: 1024 },
  'echo-10k': { connections: 50, size: 10_240 },
  'echo-64k': { connections: 50, size: 65_536 },
  'echo-1k-1000': { connections: 1000, size: 1024 },
  connect: { connections: 1, size: 0 },
}

let load: EchoLoad | undefined
const ports = new Map<() => Promise<number>, Promise<number>>()

/** Measurements of one server: `start` gives its port. With a `form`, keys are `case:form`. */
export function loaded(
  start: () => Promise<number>,
  form?: string,
  spent: () => number = cpuTime,
): Record<string, Probe> {
  return Object.fromEntries(
    Object.entries(LOADS).map(([name, { connections, size }]) => [
      form === undefined ? name : `${name}:${form}`,
      {
        probe: async (ms: number) => {
          if (!ports.has(start)) {
            ports.set(start, start())
            pinServer(process.pid)
          }
          load ??= new EchoLoad()
          return load.slice((await ports.get(start)) as number, connections, size, ms, spent)
        },
      },
    ]),
  )
}
