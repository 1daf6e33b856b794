/** Child processes as transports and protocols, of every loop that has them. The children are Node itself and the shell. */
import type { EventLoop, ReadTransport, SubprocessTransport, WriteTransport } from 'aioloop'
import {
  createTask,
  DEVNULL,
  getRunningLoop,
  isCancelled,
  NotSupportedError,
  PIPE,
  SubprocessProtocol,
  sleep,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { childrenOf, openDescriptors } from './children.ts'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, thrownBy } from './refusal.ts'

/** Writes down what it is told, and says when the last call came. */
class Recorder extends SubprocessProtocol {
  readonly calls: string[] = []
  readonly output: Record<number, string> = { 1: '', 2: '' }
  readonly errors: unknown[] = []
  readonly over = getRunningLoop().createFuture<void>()
  transport!: SubprocessTransport

  override connectionMade(transport: SubprocessTransport): void {
    this.transport = transport
    this.calls.push('made')
  }
  override pipeDataReceived(fd: number, data: Uint8Array): void {
    if (this.output[fd] === '') this.calls.push(`data ${fd}`)
    this.output[fd] += Buffer.from(data).toString()
  }
  override pipeConnectionLost(fd: number, error: unknown): void {
    this.calls.push(`pipe ${fd}`)
    if (error !== undefined) this.errors.push(error)
  }
  override processExited(): void {
    this.calls.push(`exited ${this.transport.getReturncode()}`)
  }
  override connectionLost(error: unknown): void {
    this.calls.push('lost')
    if (error !== undefined) this.errors.push(error)
    this.over.setResult()
  }
}

const shell = (loop: EventLoop, command: string, options = {}) =>
  loop.subprocessShell(() => new Recorder(), command, options)
const input = (transport: SubprocessTransport): WriteTransport => transport.getPipeTransport(0) as WriteTransport
const output = (transport: SubprocessTransport): ReadTransport => transport.getPipeTransport(1) as ReadTransport

export function subprocessProtocolContract(harness: Harness): void {
  describe('child processes and their protocols', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { subprocess } = probe.capabilities
    probe.close()

    if (!subprocess) {
      test('a loop without them says so', async () => {
        for (const call of ['subprocessExec', 'subprocessShell'] as const) {
          const loop = lab.newLoop()
          const error = thrownBy(() => loop[call](() => new SubprocessProtocol(), 'true')) as NotSupportedError
          expect(error).toBeInstanceOf(NotSupportedError)
          expect([error.loop, error.capability]).toEqual([loop.name, 'subprocess'])
        }
      })
      return
    }

    inBothLanes(({ co, wait }) => {
      test('what the child does comes in order, and the end is last', async () => {
        await lab.run(
          co(function* () {
            const [transport, protocol] = yield* wait(
              shell(getRunningLoop(), 'read line; echo got $line; echo error >&2; exit 3'),
            )
            expect(protocol.calls).toEqual(['made'])
            expect(transport).toBe(protocol.transport)
            expect(transport.getProtocol()).toBe(protocol)
            expect(transport.getPid()).toBeGreaterThan(0)
            expect(transport.getReturncode()).toBe(undefined)
            input(transport).write(Buffer.from('a line\n'))
            yield* wait(protocol.over)
            expect(protocol.output).toEqual({ 1: 'got a line\n', 2: 'error\n' })
            expect(transport.getReturncode()).toBe(3)
            expect(protocol.calls.at(-1)).toBe('lost')
            expect([...protocol.calls].sort()).toEqual(
              ['made', 'data 1', 'data 2', 'pipe 0', 'pipe 1', 'pipe 2', 'exited 3', 'lost'].sort(),
            )
            expect(protocol.calls.indexOf('data 1')).toBeLessThan(protocol.calls.indexOf('pipe 1'))
            expect(protocol.errors).toEqual([])
          }),
        )
      })

      test('arguments are passed as they are, one by one, with the name of the program first', async () => {
        await lab.run(
          co(function* () {
            const loop = getRunningLoop()
            const args = ['', 'two words', '$HOME', '"quoted"', 'ä€😀', 'last']
            const script = 'console.log(JSON.stringify([process.argv0, ...process.argv.slice(1)]))'
            const [, protocol] = yield* wait(
              loop.subprocessExec(() => new Recorder(), 'a name', '-e', script, '--', ...args, {
                executable: process.execPath,
                stdin: DEVNULL,
              }),
            )
            yield* wait(protocol.over)
            expect(JSON.parse(protocol.output[1] ?? '')).toEqual(['a name', ...args])
          }),
        )
      })

      test('what cannot be started is an error that says why, and leaves nothing behind', async () => {
        await lab.run(
          co(function* () {
            const loop = getRunningLoop()
            yield* wait((yield* wait(shell(loop, 'exit 0')))[1].over)
            const [children, descriptors] = [childrenOf(process.pid), openDescriptors()]
            const starts: [string, string[], object, object][] = [
              ['/no/such/program', ['a', 'b'], {}, { code: 'ENOENT', syscall: 'spawn', path: '/no/such/program' }],
              ['/etc/passwd', [], {}, { code: 'EACCES', syscall: 'spawn', path: '/etc/passwd' }],
              ['true', [], { cwd: '/no/such/folder' }, { code: 'ENOENT', syscall: 'chdir', path: '/no/such/folder' }],
              ['true', [], { cwd: '/etc/passwd' }, { code: 'ENOTDIR', syscall: 'chdir', path: '/etc/passwd' }],
              ['no-such-program', [], { env: { PATH: '/nowhere' } }, { code: 'ENOENT', path: 'no-such-program' }],
            ]
            for (const [program, args, options, expected] of starts) {
              let error: unknown
              try {
                yield* wait(loop.subprocessExec(() => new Recorder(), program, ...args, options))
              } catch (reason) {
                error = reason
              }
              expect(error).toBeInstanceOf(Error)
              expect(error).toMatchObject({ ...expected, spawnargs: args })
              expect((error as NodeJS.ErrnoException).errno).toBeLessThan(0)
            }
            expect(childrenOf(process.pid)).toEqual(children)
            for (let i = 0; i < 20_000 && openDescriptors() > descriptors; i++) yield* wait(sleep(1))
            expect(openDescriptors()).toBeLessThanOrEqual(descriptors)
          }),
        )
      })
    })

    test('signals reach the child, and its return code is minus their number', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const ends: [(transport: SubprocessTransport) => void, number][] = [
          [(transport) => transport.terminate(), -15],
          [(transport) => transport.kill(), -9],
          [(transport) => transport.sendSignal('SIGUSR1'), -10],
          [(transport) => transport.sendSignal(1), -1],
        ]
        for (const [end, returncode] of ends) {
          const [transport, protocol] = await loop.subprocessExec(() => new Recorder(), 'sleep', '60')
          transport.sendSignal(0)
          end(transport)
          await protocol.over
          expect(transport.getReturncode()).toBe(returncode)
        }
      })
    })

    test('a signal for a child that has ended is forgotten until all is over, then it is an error', async () => {
      await lab.run(async () => {
        const [transport, protocol] = await shell(getRunningLoop(), 'exit 0')
        output(transport).pauseReading()
        while (transport.getReturncode() === undefined) await sleep(1)
        transport.kill()
        transport.terminate()
        output(transport).resumeReading()
        await protocol.over
        expect(thrownBy(() => transport.kill())).toMatchObject({ code: 'ESRCH', syscall: 'kill' })
        transport.close()
      })
    })

    test('what is no signal is refused', async () => {
      await lab.run(async () => {
        const [transport, protocol] = await shell(getRunningLoop(), 'read line')
        expectThrows(() => transport.sendSignal('SIGNOTHING' as never), { class: RangeError, code: ARGUMENT_RANGE })
        expectThrows(() => transport.sendSignal({} as never), { class: TypeError, code: ARGUMENT_TYPE })
        input(transport).close()
        await protocol.over
      })
    })

    test('closing kills a child that runs, closes its pipes, and ends as usual', async () => {
      await lab.run(async () => {
        const [transport, protocol] = await shell(getRunningLoop(), 'trap "" TERM; echo ready; sleep 60 & wait')
        while (protocol.output[1] === '') await sleep(1)
        transport.close()
        transport.close()
        expect(transport.isClosing()).toBe(true)
        await protocol.over
        expect(transport.getReturncode()).toBe(-9)
        expect(protocol.calls.at(-1)).toBe('lost')
        expect(protocol.calls.filter((call) => call.startsWith('pipe'))).toHaveLength(3)
      })
    })

    test('closing ends also where the child reads nothing of much that was written', async () => {
      await lab.run(async () => {
        const [transport, protocol] = await shell(getRunningLoop(), 'sleep 60')
        for (let i = 0; i < 16; i++) input(transport).write(Buffer.alloc(65536))
        transport.close()
        await protocol.over
        expect(transport.getReturncode()).toBe(-9)
      })
    })

    test('the exit is told before the pipes end when somebody else holds them', async () => {
      await lab.run(async () => {
        const [transport, protocol] = await shell(getRunningLoop(), 'sleep 60 & echo $!; exit 5')
        while (transport.getReturncode() === undefined || protocol.output[1] === '') await sleep(1)
        expect(protocol.calls).toContain('exited 5')
        expect(protocol.calls).not.toContain('lost')
        expect(protocol.calls).not.toContain('pipe 1')
        process.kill(Number(protocol.output[1]))
        await protocol.over
        expect(protocol.calls.at(-1)).toBe('lost')
      })
    })

    test('a child that closes its stdin loses the pipe, and what is written then is no failure of the process', async () => {
      await lab.run(async () => {
        const [transport, protocol] = await shell(getRunningLoop(), 'exec 0<&-; echo closed; sleep 0.2; exit 4')
        while (protocol.output[1] === '') await sleep(1)
        for (let i = 0; i < 4; i++) input(transport).write(Buffer.alloc(65536))
        await protocol.over
        expect(transport.getReturncode()).toBe(4)
        for (const error of protocol.errors) expect(error).toMatchObject({ code: 'EPIPE' })
      })
    })

    test('a paused pipe holds the child back, and nothing is lost', async () => {
      await lab.run(async () => {
        const size = 4 * 1024 * 1024
        const script = `process.stdout.write(Buffer.alloc(${size}, 97), () => process.exit(0))`
        const loop = getRunningLoop()
        const [transport, protocol] = await loop.subprocessExec(() => new Recorder(), process.execPath, '-e', script)
        output(transport).pauseReading()
        await sleep(50)
        expect(protocol.output[1]?.length).toBeLessThan(1024 * 1024)
        expect(transport.getReturncode()).toBe(undefined)
        output(transport).resumeReading()
        await protocol.over
        expect(protocol.output[1]?.length).toBe(size)
      })
    })

    test('an error thrown by the protocol is reported, and the process goes on', async () => {
      await lab.run(async () => {
        class Throws extends Recorder {
          override pipeDataReceived(fd: number, data: Uint8Array): void {
            super.pipeDataReceived(fd, data)
            throw new Error('expected')
          }
          override processExited(): void {
            super.processExited()
            throw new Error('expected')
          }
        }
        const [transport, protocol] = await getRunningLoop().subprocessShell(() => new Throws(), 'echo a')
        await protocol.over
        expect(transport.getReturncode()).toBe(0)
        expect(protocol.output[1]).toBe('a\n')
      })
      expect(lab.takeReports().map(({ message }) => message)).toHaveLength(2)
    })

    inBothLanes(({ co, wait }) => {
      test('cancelling a start kills and reaps the child before the cancel goes on', async () => {
        await lab.run(
          co(function* () {
            const loop = getRunningLoop()
            const [children, descriptors] = [childrenOf(process.pid), openDescriptors()]
            const recorders: Recorder[] = []
            const task = createTask(
              co(function* () {
                const made = () => {
                  loop.callSoon(() => task.cancel())
                  recorders.push(new Recorder())
                  return recorders[0] as Recorder
                }
                yield* wait(loop.subprocessExec(made, 'sleep', '60', { stdout: PIPE }))
              }),
            )
            let reason: unknown
            try {
              yield* wait(task)
            } catch (error) {
              reason = error
            }
            expect(isCancelled(reason)).toBe(true)
            expect(recorders[0]?.calls.at(-1)).toBe('lost')
            expect(childrenOf(process.pid)).toEqual(children)
            for (let i = 0; i < 20_000 && openDescriptors() > descriptors; i++) yield* wait(sleep(1))
            expect(openDescriptors()).toBeLessThanOrEqual(descriptors)
          }),
        )
      })
    })

    test('a factory that gives no protocol starts nothing', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const children = childrenOf(process.pid)
        await expectRejects(() => loop.subprocessExec(() => ({}) as never, 'true'), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['SubprocessProtocol'],
        })
        await expectRejects(async () => loop.subprocessExec(5 as never, 'true'), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['protocolFactory'],
        })
        expect(childrenOf(process.pid)).toEqual(children)
      })
    })
  })
}
