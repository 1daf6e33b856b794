/** Programs that nobody here wrote, against our servers and clients: curl, socat and openssl, over TCP, Unix sockets and TLS. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  getRunningLoop,
  openConnection,
  openUnixConnection,
  type Server,
  type StreamReader,
  type StreamWriter,
  startServer,
  startUnixServer,
} from 'aioloop'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portOf } from '../contract/net-lab.ts'
import * as tools from '../hosts/tools.ts'
import { command, killAfterEach, serve, sha256 } from './commands.ts'
import { HttpProtocol } from './http-protocol.ts'
import { netLoops } from './loops.ts'

const tlsFolder = join(import.meta.dirname, '..', 'contract', 'tls')
const ca = join(tlsFolder, 'ca.pem')
const pem = (name: string) => readFileSync(join(tlsFolder, name))
const identity = { key: pem('server.key'), cert: pem('server.pem') }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aioloop-net-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
killAfterEach()

/** Everything back as it came, and the end of it. */
async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for (;;) {
    const piece = await reader.read(65_536)
    if (piece.length === 0) break
    writer.write(piece)
    await writer.drain()
  }
  writer.close()
}

/** Send all while reading all. */
async function sendAll([reader, writer]: readonly [StreamReader, StreamWriter], bytes: Buffer): Promise<Buffer> {
  const answer = reader.read()
  writer.write(bytes)
  writer.writeEof()
  const all = await answer
  writer.close()
  await writer.waitClosed()
  return Buffer.from(all)
}

async function closed(server: Server): Promise<void> {
  server.close()
  await server.waitClosed()
}

describe.each(netLoops)('on the $name loop', (loop) => {
  describe('curl', () => {
    const http = (at: string, ssl?: typeof identity) =>
      at === 'tcp'
        ? getRunningLoop().createServer(() => new HttpProtocol(), '127.0.0.1', 0, { ssl })
        : getRunningLoop().createUnixServer(() => new HttpProtocol(), at)

    test('keeps one connection for several requests', async (context) => {
      const curl = tools.curl()
      if (curl === undefined) return context.skip('needs curl')
      await loop.run(async () => {
        const server = await http('tcp')
        const url = `http://127.0.0.1:${portOf(server)}`
        const urls = ['/bytes/0', '/bytes/20', '/none', '/bytes/1000000'].map((path) => url + path)
        const told = [
          '-w',
          '%{http_code} %{size_download} %{num_connects}\n',
          ...urls.flatMap(() => ['-o', '/dev/null']),
        ]
        const { code, stdout } = await command(curl, ['-sS', ...told, ...urls])
        expect(code).toBe(0)
        expect(String(stdout)).toBe('200 0 1\n200 20 0\n404 0 0\n200 1000000 0\n')
        await closed(server)
      })
    })

    test('uploads and downloads megabytes, asking before it sends', async (context) => {
      const curl = tools.curl()
      if (curl === undefined) return context.skip('needs curl')
      await loop.run(async () => {
        const server = await http('tcp')
        const url = `http://127.0.0.1:${portOf(server)}`
        const body = randomBytes(5_000_000)
        const ask = ['-H', 'Expect: 100-continue', '--data-binary', '@-']
        const up = await command(curl, ['-sSv', ...ask, `${url}/`], body)
        expect(String(up.stdout)).toBe(`5000000 ${sha256(body)}`)
        expect(up.stderr).toContain('100 Continue')
        const down = await command(curl, ['-sS', '-H', 'Connection: close', `${url}/bytes/16000000`])
        expect(sha256(down.stdout)).toBe(sha256(Buffer.alloc(16_000_000, 'bytes ')))
        await closed(server)
      })
    })

    test('makes forty requests at once', async (context) => {
      const curl = tools.curl()
      if (curl === undefined) return context.skip('needs curl')
      await loop.run(async () => {
        const server = await http('tcp')
        const url = `http://127.0.0.1:${portOf(server)}/bytes/1000[10-49]`
        const told = ['-w', '%{http_code} %{size_download}\n', '-o', '/dev/null']
        const { code, stdout } = await command(curl, ['-sS', '-Z', '--parallel-max', '40', ...told, url])
        expect(code).toBe(0)
        const answers = String(stdout).trim().split('\n').sort()
        expect(answers).toEqual(Array.from({ length: 40 }, (_, i) => `200 ${100_010 + i}`))
        await closed(server)
      })
    })

    test('over a Unix socket', async (context) => {
      const curl = tools.curl()
      if (curl === undefined) return context.skip('needs curl')
      await loop.run(async () => {
        const path = join(folder, `${loop.name}-http.sock`)
        const server = await http(path)
        const { stdout } = await command(curl, ['-sS', '--unix-socket', path, 'http://localhost/bytes/100000'])
        expect(stdout.length).toBe(100_000)
        await closed(server)
      })
    })

    test('over TLS, with the certificate verified', async (context) => {
      const curl = tools.curl()
      if (curl === undefined) return context.skip('needs curl')
      await loop.run(async () => {
        const server = await http('tcp', identity)
        const port = portOf(server)
        const url = `https://localhost:${port}/bytes/3000000`
        const here = ['-sS', '--http1.1', '--resolve', `localhost:${port}:127.0.0.1`]
        const trusting = await command(curl, [...here, '--cacert', ca, url])
        expect(trusting.stderr).toBe('')
        expect(trusting.stdout.length).toBe(3_000_000)
        await closed(server)
      })
    })
  })

  describe('socat', () => {
    const bytes = randomBytes(3_000_000)
    // -t: how long it waits for one direction after the other has ended; half a second by default.
    const patient = ['-t', '60']

    test('as a client over TCP and over a Unix socket gets back what it sent', async (context) => {
      const socat = tools.socat()
      if (socat === undefined) return context.skip('needs socat')
      await loop.run(async () => {
        const path = join(folder, `${loop.name}-echo.sock`)
        const tcp = await startServer(echo, '127.0.0.1', 0)
        const unix = await startUnixServer(echo, path)
        for (const address of [`TCP:127.0.0.1:${portOf(tcp)}`, `UNIX-CONNECT:${path}`]) {
          const { code, stdout, stderr } = await command(socat, [...patient, '-', address], bytes)
          expect([code, stderr]).toEqual([0, ''])
          expect(sha256(stdout)).toBe(sha256(bytes))
        }
        await closed(tcp)
        await closed(unix)
      })
    })

    test('as a server over TCP and over a Unix socket gives back what we send', async (context) => {
      const socat = tools.socat()
      if (socat === undefined) return context.skip('needs socat')
      await loop.run(async () => {
        const listening = ['-d', '-d', ...patient]
        const path = join(folder, `${loop.name}-socat.sock`)
        const ready = /listening on AF=\d+ .*?(?::(\d+))?\n/
        const [, port] = await serve(socat, [...listening, 'TCP-LISTEN:0,bind=127.0.0.1,fork', 'EXEC:cat'], ready)
        await serve(socat, [...listening, `UNIX-LISTEN:${path}`, 'EXEC:cat'], ready)
        const twice = [0, 1].map(async () => sendAll(await openConnection('127.0.0.1', Number(port)), bytes))
        const answers = [...(await Promise.all(twice)), await sendAll(await openUnixConnection(path), bytes)]
        for (const answer of answers) expect(sha256(answer)).toBe(sha256(bytes))
      })
    })
  })

  describe('openssl', () => {
    test('s_client verifies our certificate, and gets back what it sent', async (context) => {
      const openssl = tools.openssl()
      if (openssl === undefined) return context.skip('needs openssl')
      await loop.run(async () => {
        const server = await startServer(
          async (reader, writer) => {
            writer.write(await reader.readexactly(1_000_000))
            writer.close()
          },
          '127.0.0.1',
          0,
          { ssl: identity },
        )
        const bytes = randomBytes(1_000_000)
        const verify = [
          '-CAfile',
          ca,
          '-verify_return_error',
          '-verify_hostname',
          'localhost',
          '-servername',
          'localhost',
        ]
        const args = ['s_client', '-quiet', '-connect', `127.0.0.1:${portOf(server)}`, ...verify]
        const { code, stdout } = await command(openssl, args, bytes)
        expect(code).toBe(0)
        expect(sha256(stdout)).toBe(sha256(bytes))
        await closed(server)
      })
    })

    test.for(['-tls1_2', '-tls1_3'])(
      's_client %s hears that we end, before the connection does',
      async (version, context) => {
        const openssl = tools.openssl()
        if (openssl === undefined) return context.skip('needs openssl')
        await loop.run(async () => {
          const server = await startServer(
            async (reader, writer) => {
              writer.write(Buffer.from(`you said ${await reader.readline()}`))
              writer.close()
              await writer.waitClosed()
            },
            '127.0.0.1',
            0,
            { ssl: identity },
          )
          const args = ['s_client', '-quiet', '-msg', version, '-connect', `127.0.0.1:${portOf(server)}`, '-CAfile', ca]
          const { code, stdout } = await command(openssl, args, 'hello\n')
          expect(code).toBe(0)
          expect(String(stdout)).toContain('you said hello\n')
          expect(String(stdout)).toMatch(/<<< .*Alert.*warning close_notify/)
          await closed(server)
        })
      },
    )

    test.for(['-tls1_2', '-tls1_3'])('s_server %s answers our client', async (version, context) => {
      const openssl = tools.openssl()
      if (openssl === undefined) return context.skip('needs openssl')
      await loop.run(async () => {
        const key = join(tlsFolder, 'server.key')
        const args = ['s_server', '-accept', '0', '-rev', version, '-key', key, '-cert', join(tlsFolder, 'server.pem')]
        const [, port] = await serve(openssl, args, /ACCEPT .*:(\d+)\n/)
        const [reader, writer] = await openConnection('localhost', Number(port), { ssl: { ca: readFileSync(ca) } })
        for (const line of ['abc', 'x'.repeat(1000), '12345']) {
          writer.write(Buffer.from(`${line}\n`))
          expect(String(await reader.readline())).toBe(`${[...line].reverse().join('')}\n`)
        }
        writer.close()
        await writer.waitClosed()
      })
    })
  })
})
