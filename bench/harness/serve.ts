/**
 * The subject's side of the protocol for Node programs: `--subject PROGRAM --case NAME` lands here, in a process of its
 * own. It reads requests with a blocking read, so that nothing of the harness lives on the event loop that is measured.
 *
 * Everything runs inside one AsyncLocalStorage store, as it does in a server that traces its requests: whoever captures
 * the context pays for it here.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { readSync, writeSync } from 'node:fs'
import type { Batch, Probe, Program } from './program.ts'
import { Missing, wallTime } from './program.ts'
import type { Answer, Hello, Request } from './protocol.ts'
import { formatLine, parseLine } from './protocol.ts'

const STDIN = 0
const STDOUT = 1
const NEWLINE = 10

export async function serve(load: () => Promise<Program>, caseName: string): Promise<void> {
  const storage = new AsyncLocalStorage<{ request: number }>()
  await storage.run({ request: 1 }, async () => {
    let program: Program
    try {
      program = await load()
    } catch (error) {
      say({ missing: reason(error) })
      return
    }
    const enter = program.enter ?? ((body) => body())
    try {
      await enter(() => session(program, caseName))
    } catch (error) {
      say({ missing: reason(error) })
    }
  })
}

async function session(program: Program, caseName: string): Promise<void> {
  const measurement = program.cases[caseName]
  if (measurement === undefined) throw new Missing(`has no case ${caseName}`)
  say({ about: program.about?.() ?? `node ${process.version}` })
  for (let line = readLine(); line !== undefined; line = readLine()) {
    const { ms } = parseLine<Request>(line)
    say(await answer(measurement, ms))
  }
}

async function answer(measurement: Batch | Probe, ms: number): Promise<Answer> {
  try {
    return { values: 'probe' in measurement ? await measurement.probe(ms) : { ns: await repeat(measurement, ms) } }
  } catch (error) {
    if (error instanceof Missing) return { error: error.message }
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** Nanoseconds per operation over as many batches as fit. One short batch first: caches are cold after the pause. */
async function repeat(batch: Batch, ms: number): Promise<number> {
  collectYoung()
  const end = wallTime() + ms * 1e6
  let spent = await batch.run()
  let ops = batch.ops
  if (spent < (ms * 1e6) / 5) spent = ops = 0
  while (ops === 0 || wallTime() < end) {
    spent += await batch.run()
    ops += batch.ops
  }
  return spent / ops
}

/** The young generation only: every slice starts with the same room, and the heap stays warm. */
function collectYoung(): void {
  globalThis.gc?.({ type: 'minor', execution: 'sync' })
}

/** Lines are short and come one at a time: byte by byte would do, but a slice must not begin with 20 system calls. */
const chunk = Buffer.alloc(4096)
let pending = Buffer.alloc(0)

function readLine(): string | undefined {
  for (;;) {
    const end = pending.indexOf(NEWLINE)
    if (end >= 0) {
      const line = pending.toString('utf8', 0, end)
      pending = pending.subarray(end + 1)
      return line
    }
    const count = readSync(STDIN, chunk)
    if (count === 0) return undefined
    pending = Buffer.concat([pending, chunk.subarray(0, count)])
  }
}

function say(message: Hello | Answer): void {
  writeSync(STDOUT, formatLine(message))
}

function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? error.name) : String(error)
}
