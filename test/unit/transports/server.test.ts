/** What a Server does when accepting fails: a listener that only the test has makes it fail, on a clock that jumps. */
import { getRunningLoop, run, sleep } from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import { expect, test } from 'vitest'
import type { ListenerEvents, RawListener, RawStream } from '../../../src/loop/io/stream-io.ts'
import { systemError } from '../../../src/loop/io/system-error.ts'
import { schedulerOf } from '../../../src/tasks/scheduler-of.ts'
import { Server } from '../../../src/transports/server.ts'

const EMFILE = -24
const ECONNABORTED = -103

class FakeListener implements RawListener {
  events!: ListenerEvents
  readonly fd = 7
  readonly calls: string[] = []

  localName(): string {
    return '/fake'
  }
  listen(backlog: number): void {
    this.calls.push(`listen ${backlog}`)
  }
  pause(): void {
    this.calls.push('pause')
  }
  resume(): void {
    this.calls.push('resume')
  }
  close(): void {
    this.calls.push('close')
  }
}

test('a listener out of resources is reported, rests for a second, and goes on; a client that left is nothing', async () => {
  const reports: unknown[] = []
  await run(
    async () => {
      const loop = getRunningLoop()
      loop.setExceptionHandler((_loop, { exception }) => reports.push(exception))
      const [tired, fresh] = [new FakeListener(), new FakeListener()]
      const server = new Server(schedulerOf(loop), [tired, fresh], { backlog: 5, accept: () => {} })
      await server.startServing()
      const error = systemError(EMFILE, 'accept')
      tired.events.failed(systemError(ECONNABORTED, 'accept'))
      tired.events.failed(error)
      tired.events.failed(error)
      expect(reports).toEqual([error])
      await sleep(999)
      expect(tired.calls).toEqual(['listen 5', 'pause'])
      await sleep(2)
      expect(tired.calls).toEqual(['listen 5', 'pause', 'resume'])
      expect(server.isServing()).toBe(true)
      // Still so: it is tried again, and not told again before somebody was taken.
      tired.events.failed(error)
      expect(reports).toEqual([error])
      await sleep(1001)
      tired.events.accepted({ close: () => {} } as RawStream)
      tired.events.failed(error)
      expect(reports).toEqual([error, error])
      server.close()
      await sleep(2000)
      expect(tired.calls).toEqual(['listen 5', 'pause', 'resume', 'pause', 'resume', 'pause', 'close'])
      expect(fresh.calls).toEqual(['listen 5', 'close'])
    },
    { loopFactory: () => new VirtualLoop() },
  )
})

test('a listener that is held takes nobody, and a rest after an error goes on all the same', async () => {
  await run(
    async () => {
      const loop = getRunningLoop()
      loop.setExceptionHandler(() => {})
      const listener = new FakeListener()
      const server = new Server(schedulerOf(loop), [listener], { backlog: 5, accept: () => {} })
      await server.startServing()
      server.hold(true)
      server.hold(true)
      server.hold(false)
      expect(listener.calls).toEqual(['listen 5', 'pause', 'resume'])
      listener.events.failed(systemError(EMFILE, 'accept'))
      server.hold(true)
      await sleep(1001)
      expect(listener.calls.filter((call) => call === 'resume')).toHaveLength(1)
      server.hold(false)
      listener.events.failed(systemError(EMFILE, 'accept'))
      server.hold(true)
      server.hold(false)
      expect(listener.calls.filter((call) => call === 'resume')).toHaveLength(2)
      await sleep(1001)
      expect(listener.calls.at(-1)).toBe('resume')
      server.close()
    },
    { loopFactory: () => new VirtualLoop() },
  )
})
