/** The DNS responder of the examples, asked by `dig`, which nobody here has written. */
import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const program = [join(root, 'scripts', 'run.mjs'), join(root, 'examples', '10-dns-responder.ts')]
const dig = ['/usr/bin/dig', '/opt/homebrew/bin/dig'].find((path) => existsSync(path))

interface Running {
  readonly port: number
  /** ^C, and the exit code. */
  stop(): Promise<number | null>
}

async function start(loop: string): Promise<Running> {
  const child = spawn(process.execPath, [...program, '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, AIOLOOP_LOOP: loop },
  })
  const ended = once(child, 'exit')
  const [first] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer | number]
  const port = Number(/^port (\d+)$/m.exec(String(first))?.[1])
  return {
    port,
    async stop() {
      child.kill('SIGINT')
      const [code] = await ended
      return code as number | null
    },
  }
}

describe.each(['native', 'portable'])('the DNS responder on the %s loop', (loop) => {
  let responder: Running
  beforeEach(async () => {
    responder = await start(loop)
  })
  afterEach(async () => {
    expect(await responder.stop()).toBe(130)
  })

  async function ask(...question: string[]): Promise<string> {
    const where = ['@127.0.0.1', '-p', String(responder.port), '+time=10', '+tries=3']
    return (await promisify(execFile)(dig as string, [...where, ...question])).stdout
  }

  it('gives the address of a name that it knows, however it is written', async (context) => {
    if (dig === undefined) return context.skip('needs dig')
    expect(await ask('one.example', 'A', '+short')).toBe('192.0.2.1\n')
    expect(await ask('TWO.Example', 'A', '+short')).toBe('192.0.2.2\n')
    expect(await ask('one.example', 'A')).toMatch(/status: NOERROR[\s\S]*flags: qr aa rd;[\s\S]*ANSWER: 1,/)
  })

  it('says that a name does not exist, or has nothing of that type', async (context) => {
    if (dig === undefined) return context.skip('needs dig')
    expect(await ask('three.example', 'A')).toMatch(/status: NXDOMAIN[\s\S]*ANSWER: 0,/)
    expect(await ask('one.example', 'MX')).toMatch(/status: NOERROR[\s\S]*ANSWER: 0,/)
  })

  it('goes on after what is no query', async (context) => {
    if (dig === undefined) return context.skip('needs dig')
    const socket = createSocket('udp4')
    const nonsense = [
      '',
      'x',
      '\0'.repeat(12),
      `${'\0'.repeat(12)}\x3fabc`,
      `${'\0'.repeat(12)}\xc0\x0c`,
      '\xff'.repeat(600),
    ]
    for (const each of nonsense) {
      await new Promise((sent) => socket.send(Buffer.from(each, 'latin1'), responder.port, '127.0.0.1', sent))
    }
    socket.close()
    expect(await ask('one.example', '+short')).toBe('192.0.2.1\n')
  })
})
