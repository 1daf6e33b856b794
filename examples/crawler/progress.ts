// Progress while the crawl runs: a bar on a terminal, a plain line every second elsewhere.
//
// `showProgress` is a coroutine that never ends by itself: run it as a task beside the crawl and cancel it. It only reads
// the ledger. A log that is not a terminal gets whole lines, and none for a crawl that takes less than a second.

import { sleep } from 'aioloop'
import { Presets, SingleBar } from 'cli-progress'
import type { Ledger } from './ledger.ts'

const barInterval = 50
const lineInterval = 1000

export async function showProgress(ledger: Ledger, output: NodeJS.WriteStream): Promise<never> {
  return output.isTTY ? await drawBar(ledger, output) : await printLines(ledger, output)
}

async function drawBar(ledger: Ledger, output: NodeJS.WriteStream): Promise<never> {
  const format = '{bar} {value} of {total} addresses, {rate} per second, {waiting} waiting'
  // Drawn by the loop below: the bar needs no timer of its own, nor a hand on ^C.
  const bar = new SingleBar(
    { stream: output, format, noTTYOutput: false, gracefulExit: false, hideCursor: true, linewrap: false },
    Presets.shades_classic,
  )
  const begin = performance.now()
  const payload = () => ({ rate: rate(ledger, begin), waiting: ledger.waiting })
  bar.start(ledger.entries.size, 0, payload())
  try {
    while (true) {
      await sleep(barInterval)
      bar.setTotal(ledger.entries.size)
      bar.update(ledger.visited, payload())
    }
  } finally {
    bar.setTotal(ledger.entries.size)
    bar.update(ledger.visited, payload())
    bar.stop()
  }
}

async function printLines(ledger: Ledger, output: NodeJS.WriteStream): Promise<never> {
  const begin = performance.now()
  while (true) {
    await sleep(lineInterval)
    const { visited, entries, waiting } = ledger
    output.write(`${visited} of ${entries.size} addresses, ${rate(ledger, begin)} per second, ${waiting} waiting\n`)
  }
}

function rate(ledger: Ledger, begin: number): number {
  return Math.round((ledger.visited * 1000) / Math.max(1, performance.now() - begin))
}
