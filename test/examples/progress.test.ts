// Progress is a task that draws until it is cancelled, and leaves the terminal as it was.

import { Writable } from 'node:stream'
import { createTask, run, sleep, wait } from 'aioloop'
import { expect, test } from 'vitest'
import { Ledger } from '../../examples/crawler/ledger.ts'
import { showProgress } from '../../examples/crawler/progress.ts'

class Screen extends Writable {
  readonly columns = 80
  readonly isTTY: boolean
  text = ''

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.text += chunk.toString()
    written()
  }
}

async function showOneVisit(screen: Screen): Promise<void> {
  const ledger = new Ledger('http://site.example/')
  const progress = createTask(showProgress, { args: [ledger, screen as unknown as NodeJS.WriteStream, 1] })
  while (!screen.text.includes('0 of 1 addresses')) await sleep(1)
  const entry = ledger.take()
  if (entry !== undefined) ledger.record(entry, { kind: 'broken', reason: 'test' }, 1)
  while (!screen.text.includes('1 of 1 addresses')) await sleep(1)
  progress.cancel()
  await wait([progress])
  expect(progress.cancelled()).toBe(true)
}

test('on a terminal there is a bar, which ends where the crawl ended and gives the cursor back', async () => {
  const screen = new Screen(true)
  await run(() => showOneVisit(screen))
  expect(screen.text.indexOf('\x1b[?25l')).toBeLessThan(screen.text.lastIndexOf('\x1b[?25h'))
  expect(screen.text.endsWith('\n')).toBe(true)
})

test('elsewhere there are plain lines and no control characters', async () => {
  const screen = new Screen(false)
  await run(() => showOneVisit(screen))
  const lines = screen.text.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^0 of 1 addresses, 0 per second, 1 waiting$/)
  expect(lines.at(-1)).toMatch(/^1 of 1 addresses, \d+ per second, 0 waiting$/)
})
