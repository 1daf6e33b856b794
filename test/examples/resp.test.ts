/** The RESP server of the examples, as a program: a raw client in any pieces, and Redis's own tools. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as net from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisBenchmark, redisCli } from '../hosts/tools.ts'
import { ensureBuilt, root } from '../lifecycle/program.ts'

const execute = promisify(execFile)

beforeAll(ensureBuilt, 600_000)

describe.each(['native', 'portable'])('the RESP server on the %s loop', (loop) => {
  let child: ChildProcess
  let complaints = ''
  let port: number

  beforeAll(async () => {
    const args = [join(root, 'scripts', 'run.mjs'), join(root, 'examples', '07-resp-server.ts'), '--port', '0']
    child = spawn(process.execPath, args, {
      env: { ...process.env, AIOLOOP_LOOP: loop },
      stdio: 'pipe',
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      complaints += text
    })
    for await (const text of child.stdout as AsyncIterable<Buffer>) {
      port = Number(/^listening on port (\d+)\n$/.exec(String(text))?.[1])
      break
    }
    expect(port).toBeGreaterThan(0)
  })

  afterAll(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    expect(await ended, '^C ends it, whoever is still connected').toEqual([130, null])
    expect(complaints).toMatch(/^\S*\n[^\n]*\n *\^\n\nInterruptedError: run: interrupted by \^C/)
  })

  /** Send pieces, each when the one before is on its way, then the end; everything that came back. */
  async function exchange(...pieces: readonly (string | Buffer)[]): Promise<string> {
    const socket = net.connect(port, '127.0.0.1').setNoDelay(true)
    let answer = ''
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text
    })
    const closed = once(socket, 'close')
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve))
    socket.end()
    await closed
    return answer
  }

  const request = (...words: string[]) =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`

  test('answers each command', async () => {
    const commands = [
      request('PING'),
      request('ping', 'hello'),
      request('ECHO', 'a\r\nb'),
      request('GET', 'answers:none'),
      request('SET', 'answers:ä', '€'),
      request('get', 'answers:ä'),
      request('DEL', 'answers:ä', 'answers:none'),
      request('COMMAND', 'DOCS'),
      request('CONFIG', 'GET', 'save'),
    ]
    expect(Buffer.from(await exchange(commands.join('')), 'latin1').toString()).toBe(
      '+PONG\r\n$5\r\nhello\r\n$4\r\na\r\nb\r\n$-1\r\n+OK\r\n$3\r\n€\r\n:1\r\n*0\r\n*2\r\n$4\r\nsave\r\n$0\r\n\r\n',
    )
  })

  test('answers errors, and the connection goes on', async () => {
    const answer = await exchange('nonsense\r\nGET\r\nPING a b\r\nCONFIG SET a b\r\n\r\n*0\r\n*-1\r\nPING\r\n')
    expect(answer.split('\r\n')).toEqual([
      "-ERR unknown command 'nonsense'",
      "-ERR wrong number of arguments for 'get' command",
      "-ERR wrong number of arguments for 'ping' command",
      '-ERR only CONFIG GET is known here',
      '+PONG',
      '',
    ])
  })

  test('takes requests in pieces of a byte', async () => {
    const all = `PING\r\n${request('SET', 'pieces', '12\r\n34')}ECHO inline\n${request('GET', 'pieces')}`
    expect(await exchange(...all)).toBe('+PONG\r\n+OK\r\n$6\r\ninline\r\n$6\r\n12\r\n34\r\n')
  })

  test('takes ten thousand requests at once, and answers in order', async () => {
    const numbers = Array.from({ length: 10_000 }, (_, i) => `${i}`)
    const answer = await exchange(numbers.map((number) => request('ECHO', number)).join(''))
    expect(answer).toBe(numbers.map((number) => `$${number.length}\r\n${number}\r\n`).join(''))
  })

  test('a client that does not read gets every reply later, and the server stays small', async () => {
    const value = 'v'.repeat(1 << 20)
    await exchange(request('SET', 'large', value))
    const socket = net.connect(port, '127.0.0.1').pause()
    await once(socket, 'connect')
    // 64 MiB of replies asked for by a packet.
    socket.end(request('GET', 'large').repeat(64))
    expect(await exchange('PING\r\n')).toBe('+PONG\r\n')
    let length = 0
    socket.on('data', (bytes: Buffer) => {
      length += bytes.length
    })
    socket.resume()
    await once(socket, 'close')
    expect(length).toBe(64 * (value.length + '$1048576\r\n\r\n'.length))
  })

  test.each([
    ['*x\r\n', 'invalid multibulk length'],
    ['*1048577\r\n', 'invalid multibulk length'],
    ['*1\r\n$536870913\r\n', 'invalid bulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n:1\r\n', "expected '$', got ':'"],
    ['x'.repeat((64 << 10) + 1), 'too big inline request'],
  ])('closes where nobody knows how to go on: %.20j', async (bytes, why) => {
    expect(await exchange(`PING\r\n${bytes}`)).toBe(`+PONG\r\n-ERR Protocol error: ${why}\r\n`)
  })

  test('QUIT ends the connection, and what follows is not run', async () => {
    expect(await exchange('QUIT\r\nSET quit 1\r\n')).toBe('+OK\r\n')
    expect(await exchange('GET quit\r\n')).toBe('$-1\r\n')
  })

  test('redis-cli talks to it', async (context) => {
    const cli = redisCli()
    if (cli === undefined) return context.skip('needs redis-cli')
    const ask = async (...words: string[]) =>
      (await execute(cli, ['-p', String(port), '--no-raw', ...words])).stdout.trimEnd()
    expect(await ask('PING')).toBe('PONG')
    expect(await ask('SET', 'cli key', 'a value')).toBe('OK')
    expect(await ask('GET', 'cli key')).toBe('"a value"')
    expect(await ask('GET', 'cli none')).toBe('(nil)')
    expect(await ask('DEL', 'cli key')).toBe('(integer) 1')
    expect(await ask('FLUSHALL')).toBe("(error) ERR unknown command 'FLUSHALL'")
    // Interactive: it asks for the list of commands first, then sends one line after the other.
    const session = spawn(cli, ['-p', String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
    session.stdin.end('SET session 1\nECHO "two words"\nGET session\n')
    let answer = ''
    for await (const text of session.stdout) answer += text
    expect(answer.trim().split('\n')).toEqual(['OK', 'two words', '1'])
  })

  test('redis-benchmark runs against it, single requests and pipelines', async (context) => {
    const benchmark = redisBenchmark()
    if (benchmark === undefined) return context.skip('needs redis-benchmark')
    for (const pipeline of ['1', '16']) {
      const args = ['-p', String(port), '-t', 'ping,set,get', '-n', '2000', '-c', '20', '-P', pipeline, '-d', '100']
      const { stdout, stderr } = await execute(benchmark, [...args, '--csv'])
      expect(stderr).toBe('')
      const rows = stdout.trim().split('\n').slice(1)
      expect(rows.map((row) => row.split(',')[0])).toEqual(['"PING_INLINE"', '"PING_MBULK"', '"SET"', '"GET"'])
    }
  })
})
