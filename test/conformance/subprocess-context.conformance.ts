/** uvloop's test_context: what a child process calls runs in the context of the call that started it. */
import { getRunningLoop, SubprocessProtocol, type SubprocessTransport, type WriteTransport } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { ContextLog, store } from './context-log.ts'

const ECHO = 'process.stdin.pipe(process.stdout)'

class Looker extends SubprocessProtocol {
  readonly #log: ContextLog

  constructor(log: ContextLog) {
    super()
    this.#log = log
  }

  override connectionMade(): void {
    this.#log.note('made')
  }
  override pipeDataReceived(fd: number): void {
    this.#log.note(`data of ${fd}`)
  }
  override pauseWriting(): void {
    this.#log.note('pause')
  }
  override resumeWriting(): void {
    this.#log.note('resume')
  }
  override pipeConnectionLost(fd: number): void {
    this.#log.note(`end of ${fd}`)
  }
  override processExited(): void {
    this.#log.note('exited')
  }
  override connectionLost(): void {
    this.#log.note('lost')
  }
}

export function subprocessContextConformance(harness: Harness): void {
  const probe = harness.newLoop()
  const { subprocess } = probe.capabilities
  probe.close()
  if (!subprocess) return
  describe('the context of a child process', () => {
    const lab = openLab(harness)
    const log = new ContextLog()

    test('its protocol is called in it from beginning to end, also by a write from another', () =>
      store.run('outer', () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const [transport]: [SubprocessTransport, Looker] = await store.run('inner', () =>
            loop.subprocessExec(() => new Looker(log), process.execPath, '-e', ECHO),
          )
          const stdin = transport.getPipeTransport(0) as WriteTransport
          stdin.setWriteBufferLimits({ high: 256, low: 128 })
          store.run('writing', () =>
            loop.callSoon(() => {
              // More than a pipe holds.
              stdin.write(Buffer.alloc(1_000_000, 'q'))
              stdin.writeEof()
            }),
          )
          await log.has('lost')
          expect(log.seen).toEqual({
            made: 'inner',
            pause: 'inner',
            resume: 'inner',
            'data of 1': 'inner',
            'end of 0': 'inner',
            'end of 1': 'inner',
            'end of 2': 'inner',
            exited: 'inner',
            lost: 'inner',
          })
        }),
      ))
  })
}
