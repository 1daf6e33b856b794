/** Raw streams over Node's own, without a loop: what happens is kept here until the test runs it. */
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { DuplexStream } from '../../../src/loop/io/duplex-stream.ts'
import { NO_EVENTS } from '../../../src/loop/io/no-events.ts'
import type { Ready } from '../../../src/loop/ready.ts'

function opened(): { duplex: PassThrough; stream: DuplexStream; run: () => void } {
  const entries: Ready[] = []
  const duplex = new PassThrough()
  const stream = new DuplexStream(duplex, { post: (entry) => entries.push(entry) })
  return {
    duplex,
    stream,
    run() {
      for (let entry = entries.shift(); entry !== undefined; entry = entries.shift()) entry.run()
    },
  }
}

test('a failure of before anybody listened is told once, however often reading is started', async () => {
  const { duplex, stream, run } = opened()
  duplex.destroy(new Error('broken'))
  await new Promise((resolve) => duplex.once('close', resolve))
  run()
  const told: string[] = []
  stream.events = { ...NO_EVENTS, failed: (error) => void told.push(error.message) }
  for (let i = 0; i < 3; i++) {
    stream.startReading()
    stream.stopReading()
  }
  run()
  stream.startReading()
  run()
  expect(told).toEqual(['broken'])
})

test('a failure that nobody hears again is kept', async () => {
  const { duplex, stream, run } = opened()
  duplex.destroy(new Error('broken'))
  await new Promise((resolve) => duplex.once('close', resolve))
  run()
  stream.startReading()
  run()
  stream.stopReading()
  const told: string[] = []
  stream.events = { ...NO_EVENTS, failed: (error) => void told.push(error.message) }
  stream.startReading()
  run()
  expect(told).toEqual(['broken'])
})
