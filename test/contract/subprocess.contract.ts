/** Child processes with streams, of every loop that has them. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Process } from 'aioloop'
import {
  createSubprocessExec,
  createSubprocessShell,
  createTask,
  DEVNULL,
  gather,
  isCancelled,
  NotSupportedError,
  PIPE,
  STDOUT,
  sleep,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { childrenOf, openDescriptors } from './children.ts'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, rejectionOf } from './refusal.ts'

const node = process.execPath
const EVERY_PIPE = { stdin: PIPE, stdout: PIPE, stderr: PIPE } as const

/** Everything that was begun is closed and reaped, sooner or later: handles are given back a round after their end. */
async function settled(descriptors: number, children: readonly number[]): Promise<void> {
  const over = () => openDescriptors() <= descriptors && childrenOf(process.pid).length <= children.length
  for (let i = 0; i < 20_000 && !over(); i++) await sleep(1)
  expect(childrenOf(process.pid)).toEqual(children)
  expect(openDescriptors()).toBeLessThanOrEqual(descriptors)
}

export function subprocessContract(harness: Harness): void {
  describe('subprocesses', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { subprocess } = probe.capabilities
    probe.close()

    if (!subprocess) {
      test('a loop without them says so', async () => {
        await lab.run(async () => {
          for (const start of [() => createSubprocessExec('true'), () => createSubprocessShell('true')]) {
            const error = (await rejectionOf(start)) as NotSupportedError
            expect(error).toBeInstanceOf(NotSupportedError)
            expect(error.capability).toBe('subprocess')
          }
        })
      })
      return
    }

    inBothLanes(({ co, wait }) => {
      test('communicate sends, reads both outputs and waits', async () => {
        await lab.run(
          co(function* () {
            const process = yield* wait(createSubprocessExec('sh', '-c', 'cat; echo error >&2; exit 7', EVERY_PIPE))
            expect(process.pid).toBeGreaterThan(0)
            expect(process.returncode).toBe(undefined)
            const output = yield* wait(process.communicate(Buffer.from('input')))
            expect([output.stdout.toString(), output.stderr.toString()]).toEqual(['input', 'error\n'])
            expect(process.returncode).toBe(7)
            expect(yield* wait(process.wait())).toBe(7)
          }),
        )
      })

      test('communicate with megabytes in both directions', async () => {
        await lab.run(
          co(function* () {
            const input = Buffer.alloc(3 * 1024 * 1024, 'abcdefg')
            const process = yield* wait(createSubprocessExec('cat', { stdin: PIPE, stdout: PIPE }))
            const { stdout, stderr } = yield* wait(process.communicate(input))
            expect(stdout.equals(input)).toBe(true)
            expect(stderr).toBe(undefined)
          }),
        )
      })

      test('a child that does not read its input is no error of communicate', async () => {
        await lab.run(
          co(function* () {
            for (let i = 0; i < 5; i++) {
              const process = yield* wait(createSubprocessExec('sh', '-c', 'exit 1', { stdin: PIPE, stdout: PIPE }))
              const { stdout } = yield* wait(process.communicate(Buffer.alloc(1024 * 1024)))
              expect([stdout.length, process.returncode]).toEqual([0, 1])
            }
          }),
        )
      })

      test('several wait at once, and a cancelled wait leaves the child alone', async () => {
        await lab.run(
          co(function* () {
            const process = yield* wait(createSubprocessExec('sh', '-c', 'read line; exit 6', { stdin: PIPE }))
            let late: unknown
            try {
              yield* wait(waitFor(process.wait(), 5))
            } catch (error) {
              late = error
            }
            expect(late).toMatchObject({ name: 'TimeoutError' })
            expect(process.returncode).toBe(undefined)
            const both = gather([process.wait(), process.wait()])
            process.stdin.close()
            expect(yield* wait(both)).toEqual([6, 6])
          }),
        )
      })

      test('cancelled at every point of a start and a conversation, nothing is left of it', async () => {
        await lab.run(
          co(function* () {
            const talk = co(function* () {
              const process = yield* wait(createSubprocessExec('cat', { stdin: PIPE, stdout: PIPE }))
              try {
                process.stdin.write(Buffer.from('a line\n'))
                yield* wait(process.stdin.drain())
                yield* wait(process.stdout.readline())
                yield* wait(process.communicate(Buffer.from('the rest')))
                yield* wait(process.wait())
              } finally {
                yield* wait(process.close())
              }
            })
            yield* wait(createTask(talk))
            const [descriptors, children] = [openDescriptors(), childrenOf(process.pid)]
            for (let rounds = 0; rounds < 30; rounds++) {
              const task = createTask(talk)
              const over = task.catch((error: unknown) => isCancelled(error) || Promise.reject(error))
              for (let i = 0; i < rounds; i++) yield* wait(sleep(0))
              if (rounds % 3 === 2) yield* wait(sleep(rounds / 10))
              task.cancel()
              yield* wait(over)
            }
            yield* wait(createTask(() => settled(descriptors, children)))
          }),
        )
      })
    })

    test('lines of the child are iterated over', async () => {
      await lab.run(async () => {
        const process = await createSubprocessShell('echo one; echo two; printf three', { stdout: PIPE })
        const lines: string[] = []
        for await (const line of process.stdout) lines.push(line.toString())
        expect(lines).toEqual(['one\n', 'two\n', 'three'])
        expect(await process.wait()).toBe(0)
      })
    })

    test('stderr goes where stdout goes', async () => {
      await lab.run(async () => {
        const process = await createSubprocessShell('echo out; echo err >&2', { stdout: PIPE, stderr: STDOUT })
        const { stdout, stderr } = await process.communicate()
        expect(stdout.toString().split('\n').sort()).toEqual(['', 'err', 'out'])
        expect(stderr).toBe(undefined)
        const silent = await createSubprocessShell('echo out; echo err >&2', { stdout: DEVNULL, stderr: STDOUT })
        expect(await silent.wait()).toBe(0)
      })
    })

    test('descriptors and what has one are given to the child', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
      const path = join(folder, 'file')
      const fd = openSync(path, 'w+')
      try {
        await lab.run(async () => {
          const numbered = await createSubprocessExec('echo', 'by number', { stdout: fd })
          expect(await numbered.wait()).toBe(0)
          const object = await createSubprocessExec('echo', 'by object', { stdout: { fd }, stderr: STDOUT })
          expect(await object.wait()).toBe(0)
          const passed = await createSubprocessShell(`echo passed >> /dev/fd/${fd}`, { passFds: [fd] })
          expect(await passed.wait()).toBe(0)
          const stdin = openSync(path, 'r')
          const reads = await createSubprocessExec('cat', { stdin, stdout: PIPE })
          closeSync(stdin)
          const { stdout } = await reads.communicate()
          expect(stdout.toString()).toBe('by number\nby object\npassed\n')
        })
        expect(readFileSync(path, 'utf8')).toContain('by object')
      } finally {
        closeSync(fd)
        rmSync(folder, { recursive: true })
      }
    })

    test('folder, environment and program name are the ones asked for', async () => {
      await lab.run(async () => {
        const cwd = tmpdir()
        for (const folder of [cwd, pathToFileURL(cwd)]) {
          const process = await createSubprocessShell('pwd -P; echo "$ONE-$TWO-$HOME"', {
            cwd: folder,
            env: { ONE: '1=1', TWO: undefined, PATH: '/usr/bin:/bin' },
            stdout: PIPE,
          })
          const [where, variables] = (await process.communicate()).stdout.toString().split('\n')
          expect([where, variables]).toEqual([cwd, '1=1--'])
        }
        const named = await createSubprocessExec('my name', '-c', 'echo $0', { executable: '/bin/sh', stdout: PIPE })
        expect((await named.communicate()).stdout.toString()).toBe('my name\n')
      })
    })

    test('a program is looked for along the path that the child will have', async () => {
      await lab.run(async () => {
        const folder = mkdtempSync(join(tmpdir(), 'aioloop-path-'))
        try {
          const name = 'aioloop-program'
          writeFileSync(join(folder, name), '#!/bin/sh\necho "found $1"\n', { mode: 0o700 })
          const missing = await rejectionOf(() => createSubprocessExec(name, { env: { PATH: '/usr/bin:/bin' } }))
          expect(missing).toMatchObject({ code: 'ENOENT', syscall: 'spawn', path: name })
          for (const env of [{ PATH: `/nowhere:${folder}` }, { PATH: '/nowhere::' }]) {
            const child = await createSubprocessExec(name, 'it', { env, cwd: folder, stdout: PIPE })
            expect((await child.communicate()).stdout.toString()).toBe('found it\n')
          }
        } finally {
          rmSync(folder, { recursive: true })
        }
      })
    })

    test('memory stays bounded while nobody reads what a child writes', async () => {
      await lab.run(async () => {
        const script = 'const b = Buffer.alloc(65536); const w = () => process.stdout.write(b, w); w()'
        await using child = await createSubprocessExec(node, '-e', script, { stdout: PIPE, limit: 4096 })
        expect((await child.stdout.readexactly(10)).length).toBe(10)
        const before = process.memoryUsage().rss
        await sleep(100)
        expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
        expect(child.returncode).toBe(undefined)
      })
    })

    test('await using kills and reaps a child that still runs', async () => {
      await lab.run(async () => {
        let process: Process<object>
        {
          await using child = await createSubprocessExec('sleep', '60')
          process = child
        }
        expect(process.returncode).toBe(-9)
        expect(await process.wait()).toBe(-9)
        expect(await process.close()).toBe(-9)
        expect(await rejectionOf(async () => process.kill())).toMatchObject({ code: 'ESRCH' })
      })
    })

    test('closing kills a child also where the end of its stdin would have it end by itself', async () => {
      await lab.run(async () => {
        for (let i = 0; i < 10; i++) {
          const child = await createSubprocessExec('sh', '-c', 'read line; exit 3', { stdin: PIPE })
          expect(await child.close()).toBe(-9)
        }
      })
    })

    test('a child is killed with its task if that was asked for, however the task ends', async () => {
      await lab.run(async () => {
        const children = childrenOf(process.pid)
        for (const end of ['return', 'throw', 'cancel'] as const) {
          const started: Process<object>[] = []
          const task = createTask(async () => {
            started.push(await createSubprocessExec('sleep', '60', { killWithTask: true }))
            if (end === 'throw') throw new Error('expected')
            if (end === 'cancel') await sleep(60_000)
          })
          while (started.length === 0) await sleep(1)
          if (end === 'cancel') task.cancel()
          await Promise.allSettled([task])
          expect(await started[0]?.wait()).toBe(-9)
        }
        expect(childrenOf(process.pid)).toEqual(children)
      })
    })

    test('a child that is not killed with its task outlives it', async () => {
      await lab.run(async () => {
        const child = await createTask(() => createSubprocessExec('sh', '-c', 'read line; exit 5', { stdin: PIPE }))
        await sleep(5)
        expect(child.returncode).toBe(undefined)
        child.stdin.write(Buffer.from('\n'))
        expect(await child.wait()).toBe(5)
      })
    })

    test('hundreds of children, some at a time, leave no zombie and no descriptor', async () => {
      await lab.run(async () => {
        const one = async (code: number) => {
          const process = await createSubprocessExec('sh', '-c', `exit ${code}`, { stdout: PIPE, stderr: STDOUT })
          await process.communicate()
          return process.returncode
        }
        await one(0)
        const [descriptors, children] = [openDescriptors(), childrenOf(process.pid)]
        const codes = Array.from({ length: 200 }, (_, i) => i % 100)
        const results = await gather(
          codes.map((code) => () => one(code)),
          { limit: 20 },
        )
        expect(results).toEqual(codes)
        await settled(descriptors, children)
      })
    })

    test.each<[string, unknown[], unknown, string, RegExp]>([
      ['a program that is no string', [5], TypeError, ARGUMENT_TYPE, /program/],
      ['an empty program', [''], RangeError, ARGUMENT_RANGE, /program/],
      ['NUL in the program', ['a\0b'], RangeError, ARGUMENT_RANGE, /program.*NUL/],
      ['an argument that is no string', ['true', 5, 'a'], TypeError, ARGUMENT_TYPE, /args\[0\]/],
      ['NUL in an argument', ['true', 'a', '\0'], RangeError, ARGUMENT_RANGE, /args\[1\]/],
      ['a list of arguments', ['true', ['a']], TypeError, ARGUMENT_TYPE, /\.\.\.args/],
      ['a variable that is no string', ['true', { env: { A: 1 } }], TypeError, ARGUMENT_TYPE, /env\.A/],
      ['a variable with an odd name', ['true', { env: { 'A=B': '1' } }], RangeError, ARGUMENT_RANGE, /env/],
      ['NUL in a variable', ['true', { env: { A: '\0' } }], RangeError, ARGUMENT_RANGE, /env\.A/],
      ['a folder that is no path', ['true', { cwd: 5 }], TypeError, ARGUMENT_TYPE, /cwd/],
      ['a folder elsewhere', ['true', { cwd: new URL('http://a/b') }], RangeError, ARGUMENT_RANGE, /file: URL/],
      ['text mode', ['true', { text: true }], TypeError, ARGUMENT_TYPE, /TextDecoder/],
      ['an encoding', ['true', { encoding: 'utf8' }], TypeError, ARGUMENT_TYPE, /TextDecoder/],
      ['newline translation', ['true', { universalNewlines: true }], TypeError, ARGUMENT_TYPE, /TextDecoder/],
      ['buffering', ['true', { bufsize: 1 }], TypeError, ARGUMENT_TYPE, /bufsize/],
      ["Node's stdio", ['true', { stdio: 'pipe' }], TypeError, ARGUMENT_TYPE, /stdin/],
      ['a shell', ['true', { shell: true }], TypeError, ARGUMENT_TYPE, /createSubprocessShell/],
      ['an odd stream', ['true', { stdin: 'ignore' }], RangeError, ARGUMENT_RANGE, /stdin.*DEVNULL/],
      ['STDOUT elsewhere', ['true', { stdout: STDOUT }], RangeError, ARGUMENT_RANGE, /stdout/],
      ['a bad descriptor', ['true', { stdout: -1 }], RangeError, ARGUMENT_RANGE, /stdout/],
      ['a bad passed descriptor', ['true', { passFds: [1] }], RangeError, ARGUMENT_RANGE, /passFds\[0\]/],
      ['a limit of nothing', ['true', { limit: 0 }], RangeError, ARGUMENT_RANGE, /limit/],
      ['a user by name', ['true', { uid: 'root' }], TypeError, ARGUMENT_TYPE, /uid/],
      ['a doubtful flag', ['true', { detached: 1 }], TypeError, ARGUMENT_TYPE, /detached/],
      ['a doubtful kill', ['true', { killWithTask: 1 }], TypeError, ARGUMENT_TYPE, /killWithTask/],
    ])('%s is refused', async (_what, given, Class, code, names) => {
      await lab.run(async () => {
        await expectRejects(() => (createSubprocessExec as (...args: unknown[]) => unknown)(...given), {
          class: Class as typeof TypeError,
          code,
          names: ['createSubprocessExec', names],
        })
      })
    })

    test('input without a pipe, or that is not bytes, is refused', async () => {
      await lab.run(async () => {
        const typed = { class: TypeError, code: ARGUMENT_TYPE }
        const deaf = await createSubprocessExec('true', { stdin: DEVNULL })
        await expectRejects(() => deaf.communicate(Buffer.from('a')), { ...typed, names: ['PIPE'] })
        await deaf.wait()
        await using child = await createSubprocessExec('cat', { stdin: PIPE })
        await expectRejects(() => child.communicate('text' as never), { ...typed, names: ['Buffer.from'] })
      })
    })
  })
}
