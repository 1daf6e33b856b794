// Progress while the crawl runs: a bar on a terminal, a plain line every second elsewhere.
//
// `showProgress` is a coroutine that never ends by itself: run it as a task beside the crawl and cancel it. It only reads
// the ledger. A log that is not a terminal gets whole lines, and none for a crawl that takes less than a second.

import { sleep } from 'aioloop'
import { Presets, SingleBar } from 'cli-progress'
import type { Ledger } from './ledger.ts'

/** `interval` is in milliseconds. */
export async function showProgress(
  ledger: Ledger,
  output: NodeJS.WriteStream,
  interval = output.isTTY ? 50 : 1000,
): Promise<never> {
  return output.isTTY ? await drawBar(ledger, output, interval) : await printLines(ledger, output, interval)
}

async function drawBar(ledger: Ledger, output: NodeJS.WriteStream, interval: number): Promise<never> {
  const format = '{bar} {value} of {total} addresses, {rate} per second, {waiting} waiting'
  // Without gracefulExit: ^C belongs to `run`.
  const bar = new SingleBar(
    { stream: output, format, fps: 1000 / interval, gracefulExit: false, hideCursor: true },
    Presets.shades_classic,
  )
  const begin = performance.now()
  const payload = () => ({ rate: rate(ledger, begin), waiting: ledger.waiting })
  bar.start(ledger.entries.size, 0, payload())
  try {
    while (true) {
      await sleep(interval)
      bar.setTotal(ledger.entries.size)
      bar.update(ledger.visited, payload())
    }
  } finally {
    bar.setTotal(ledger.entries.size)
    bar.update(ledger.visited, payload())
    bar.stop()
  }
}

async function printLines(ledger: Ledger, output: NodeJS.WriteStream, interval: number): Promise<never> {
  const begin = performance.now()
  while (true) {
    await sleep(interval)
    const { visited, entries, waiting } = ledger
    output.write(`${visited} of ${entries.size} addresses, ${rate(ledger, begin)} per second, ${waiting} waiting\n`)
  }
}

function rate(ledger: Ledger, begin: number): number {
  return Math.round((ledger.visited * 1000) / Math.max(1, performance.now() - begin))
}
