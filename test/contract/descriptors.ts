/** Descriptors that nobody reads but the test: ends of named pipes; and how many this process has open. */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PipeEnds {
  readonly read: number
  readonly write: number
  /** Everything that is there now. */
  take(): string
  put(text: string): void
  /** Write until the system takes no more; gives how many bytes that were. */
  fill(): number
  closeRead(): void
  closeWrite(): void
  close(): void
}

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

export function openPipe(): PipeEnds {
  const folder = mkdtempSync(join(tmpdir(), 'aioloop-pipe-'))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const read = openSync(path, O_RDONLY | O_NONBLOCK)
  const write = openSync(path, O_WRONLY | O_NONBLOCK)
  rmSync(folder, { recursive: true })
  const open = new Set([read, write])
  const closeEnd = (fd: number): void => {
    if (open.delete(fd)) closeSync(fd)
  }
  return {
    read,
    write,
    take() {
      const buffer = Buffer.alloc(65536)
      let text = ''
      for (;;) {
        const count = countOf(() => readSync(read, buffer))
        if (count === 0) return text
        text += buffer.toString('latin1', 0, count)
      }
    },
    put: (text) => void writeSync(write, text),
    fill() {
      let total = 0
      for (;;) {
        const count = countOf(() => writeSync(write, Buffer.alloc(4096)))
        if (count === 0) return total
        total += count
      }
    },
    closeRead: () => closeEnd(read),
    closeWrite: () => closeEnd(write),
    close() {
      closeEnd(read)
      closeEnd(write)
    },
  }
}

/** 0 where the system would have to wait. */
function countOf(act: () => number): number {
  try {
    return act()
  } catch (error) {
    if ((error as { code?: string }).code === 'EAGAIN') return 0
    throw error
  }
}

/** Descriptors open in this process; undefined where the system does not tell. */
export function openDescriptors(): number | undefined {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : undefined
}

/** Wait until the process has no more descriptors open than `before`. */
export async function descriptorsBackTo(before: number | undefined): Promise<boolean> {
  for (let i = 0; i < 12_000; i++) {
    const now = openDescriptors()
    if (now === undefined || before === undefined || now <= before) return true
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return false
}
