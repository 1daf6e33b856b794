/**
 * The turn budget: whoever reschedules itself for ever takes a share and starves nobody, neither on the loop nor in the rest
 * of the process. For loops that run beside Node's own work.
 */
import { createServer, get } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import type { EventLoop, Task } from 'aioloop'
import { createTask, getRunningLoop, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'

/** Enough to see starvation, which is total, and little enough for a slow machine. */
const EVENTS = 20
/** Direct rounds of generator steps are limited to a handful between two that let promises run. */
const MOST_STEPS_PER_ASYNC_STEP = 50

interface Spinner {
  steps: number
  stop(): Promise<void>
}

function taskSpinner(task: Task<void>, counter: { steps: number }): Spinner {
  return {
    get steps() {
      return counter.steps
    },
    async stop() {
      task.cancel()
      await task.catch(() => {})
    },
  }
}

const SPINNERS: Record<string, () => Spinner> = {
  'a callback that reschedules itself': () => {
    const counter = { steps: 0, going: true }
    const loop = getRunningLoop()
    const again = (): void => {
      counter.steps++
      if (counter.going) loop.callSoon(again)
    }
    loop.callSoon(again)
    return {
      get steps() {
        return counter.steps
      },
      async stop() {
        counter.going = false
      },
    }
  },
  'a generator task that never rests': () => {
    const counter = { steps: 0 }
    const task = createTask(function* () {
      for (;;) {
        counter.steps++
        yield* sleep(0)
      }
    })
    return taskSpinner(task, counter)
  },
  'an async task that never rests': () => {
    const counter = { steps: 0 }
    const task = createTask(async () => {
      for (;;) {
        counter.steps++
        await sleep(0)
      }
    })
    return taskSpinner(task, counter)
  },
  'a timer that restarts itself with no delay': () => {
    const counter = { steps: 0, going: true }
    const loop = getRunningLoop()
    const again = (): void => {
      counter.steps++
      if (counter.going) loop.callLater(0, again)
    }
    again()
    return {
      get steps() {
        return counter.steps
      },
      async stop() {
        counter.going = false
      },
    }
  },
}

/** Node's own timers, immediates and ticks, and the loop's: each `EVENTS` times in a row. */
const EVENT_SOURCES: Record<string, (loop: EventLoop) => Promise<unknown>> = {
  'timers of the loop': (loop) => new Promise((resolve) => loop.callLater(1, resolve, undefined)),
  'timers of Node': () => new Promise((resolve) => setTimeout(resolve, 1)),
  immediates: () => new Promise((resolve) => setImmediate(resolve)),
  'process.nextTick': () => new Promise<void>((resolve) => process.nextTick(resolve)),
  'promise jobs': () => Promise.resolve(),
}

export function fairnessContract(harness: Harness): void {
  describe.each(Object.entries(SPINNERS))('%s', (_name, start) => {
    const lab = openLab(harness)

    test.each(Object.entries(EVENT_SOURCES))('does not starve %s', async (_source, event) => {
      await lab.run(async () => {
        const spinner = start()
        const loop = getRunningLoop()
        for (let i = 0; i < EVENTS; i++) await event(loop)
        await spinner.stop()
        expect(spinner.steps).toBeGreaterThan(0)
      })
    })

    test('does not starve sockets and node:http in the same process', async () => {
      const server = createServer((_request, response) => response.end('served'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const request = (): Promise<string> =>
        new Promise((resolve, reject) => {
          get({ port, host: '127.0.0.1', agent: false }, (response) => {
            let text = ''
            response.on('data', (chunk) => {
              text += String(chunk)
            })
            response.on('end', () => resolve(text))
          }).on('error', reject)
        })
      try {
        await lab.run(async () => {
          const spinner = start()
          for (let i = 0; i < EVENTS; i++) expect(await request()).toBe('served')
          await spinner.stop()
        })
      } finally {
        server.close()
      }
    })

    test('does not starve a socket that echoes', async () => {
      const server = createTcpServer((socket) => socket.pipe(socket))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
      try {
        await lab.run(async () => {
          const spinner = start()
          for (let i = 0; i < EVENTS; i++) {
            const echoed = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))))
            socket.write(`message ${i}`)
            expect(await echoed).toBe(`message ${i}`)
          }
          await spinner.stop()
        })
      } finally {
        socket.destroy()
        server.close()
      }
    })

    test('leaves an async function on the same loop its share of steps', async () => {
      await lab.run(async () => {
        const spinner = start()
        await sleep(0)
        const before = spinner.steps
        const own = 1000
        for (let i = 0; i < own; i++) await sleep(0)
        const ratio = (spinner.steps - before) / own
        await spinner.stop()
        expect(ratio).toBeLessThan(MOST_STEPS_PER_ASYNC_STEP)
      })
    })

    test('gives control back to the event loop often', async () => {
      await lab.run(async () => {
        const spinner = start()
        const before = process.cpuUsage()
        for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve))
        const { user, system } = process.cpuUsage(before)
        await spinner.stop()
        // By the processor's clock, which a machine that is busy with other things does not stretch. A budget of half a
        // millisecond comes to 100.
        expect((user + system) / 1000).toBeLessThan(1300)
      })
    })
  })
}
