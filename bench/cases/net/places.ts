/** Where servers listen, and how their addresses are written for a load. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Load } from './load-process.ts'

export const HOST = '127.0.0.1'
export const BACKLOG = 1024

/** The path of this process's Unix socket. Its load removes it, since nothing of a subject that is killed would. */
export const unixPath = join(tmpdir(), `aioloop-bench-${process.pid}.sock`)

/** As in bench/peers/load.h. */
export function addressOf({ over }: Load, port: number): string {
  if (over === 'unix') return `unix:${unixPath}`
  return `${over === 'udp' ? 'udp' : 'tcp'}:${port}`
}
