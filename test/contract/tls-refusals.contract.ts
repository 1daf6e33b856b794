/** What fails in a handshake says where; what a server can show nobody is refused; which certificate it shows is chosen. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import * as tls from 'node:tls'
import { getRunningLoop, Protocol } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { closeAll, hasStreams, openNetLab, outsider, outsideServer, Recorder } from './net-lab.ts'
import { ARGUMENT_TYPE, expectThrows, rejectionOf } from './refusal.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
const ca = pem('ca.pem')
const identity = { key: pem('server.key'), cert: pem('server.pem') }
/** Its own authority; and the same in the year 2020. */
const lone = { key: pem('lone.key'), cert: pem('lone.pem') }
const expired = { key: lone.key, cert: pem('expired.pem') }
const TYPE = { class: TypeError, code: ARGUMENT_TYPE }

export function tlsRefusalsContract(harness: Harness): void {
  if (!hasStreams(harness)) return

  describe('TLS that is refused', () => {
    const lab = openLab(harness)
    const { outside } = openNetLab(lab)
    const able = (): boolean => getRunningLoop().capabilities.tls

    /** The error of a client that connects to a TLS server with these options. */
    async function refusedBy(server: tls.TlsOptions, client: tls.ConnectionOptions, name = 'localhost') {
      const loop = getRunningLoop()
      const serving = await loop.createServer(() => new Recorder(), '127.0.0.1', 0, { ssl: server })
      const { port } = serving
      const error = await rejectionOf(() =>
        loop.createConnection(() => new Protocol(), '127.0.0.1', port, { ssl: client, serverHostname: name }),
      )
      serving.close()
      await serving.waitClosed()
      return { error, where: { syscall: 'handshake', address: '127.0.0.1', port } }
    }

    test('a certificate that is not taken: the error says why, and whose it was', () =>
      lab.run(async () => {
        if (!able()) return
        const unknown = await refusedBy(identity, {})
        expect(unknown.error).toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', ...unknown.where })
        const name = await refusedBy(identity, { ca }, 'example.org')
        expect(name.error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID', ...name.where })
        const old = await refusedBy(expired, { ca: expired.cert })
        expect(old.error).toMatchObject({ code: 'CERT_HAS_EXPIRED', ...old.where })
      }))

    test('a peer that ends or resets in the handshake: the error says which', () =>
      lab.run(async () => {
        if (!able()) return
        const ways: ((socket: Socket) => void)[] = [(socket) => socket.end(), (socket) => socket.resetAndDestroy()]
        for (const leave of ways) {
          const { server, port } = await outsideServer((socket) => {
            outside.push(socket)
            socket.once('data', () => leave(socket))
          })
          outside.push(server)
          const options = { ssl: { ca }, serverHostname: 'localhost' }
          const error = await rejectionOf(() =>
            getRunningLoop().createConnection(() => new Protocol(), '127.0.0.1', port, options),
          )
          expect(error).toMatchObject({
            code: 'ECONNRESET',
            syscall: expect.stringMatching(/^(handshake|read|write)$/),
            address: '127.0.0.1',
            port,
          })
        }
      }))

    test('a client that speaks no TLS: who accepted it is told who that was', () =>
      lab.run(async () => {
        if (!able()) return
        let resolve: (socket: Socket) => void = () => {}
        const accepted = new Promise<Socket>((found) => {
          resolve = found
        })
        const { server, port } = await outsideServer((socket) => resolve(socket))
        const client = await outsider(port)
        outside.push(server, client)
        client.write('this is no handshake at all\n')
        const loop = getRunningLoop()
        const socket = await accepted
        const error = await rejectionOf(() =>
          loop.connectAcceptedSocket(() => new Protocol(), socket, { ssl: identity }),
        )
        expect(error).toMatchObject({
          code: expect.stringMatching(/^ERR_SSL_/),
          syscall: 'handshake',
          address: '127.0.0.1',
          port: client.localPort,
        })
      }))

    test('a server with no certificate', () =>
      lab.run(async () => {
        if (!able()) return
        const loop = getRunningLoop()
        for (const ssl of [{}, { key: identity.key }, { ca }, { requestCert: true }, { cert: undefined }]) {
          const serve = () => loop.createServer(() => new Protocol(), '127.0.0.1', 0, { ssl: ssl as tls.TlsOptions })
          expectThrows(serve, {
            ...TYPE,
            names: ["createServer: 'options.ssl'", "'key' and 'cert'", "'secureContext'"],
          })
        }
        for (const secureContext of [{}, 5, null] as never[]) {
          const serve = () => loop.createServer(() => new Protocol(), '127.0.0.1', 0, { ssl: { secureContext } })
          expectThrows(serve, { ...TYPE, names: [/secureContext/] })
        }
        for (const ssl of [[], [identity]] as never[]) {
          expectThrows(() => loop.createServer(() => new Protocol(), '127.0.0.1', 0, { ssl }), TYPE)
          expectThrows(() => loop.createConnection(() => new Protocol(), '127.0.0.1', 1, { ssl }), TYPE)
        }
      }))

    test('a secureContext is what a server shows', () =>
      lab.run(async () => {
        if (!able()) return
        const ssl = { secureContext: tls.createSecureContext(lone) }
        expect(await shownTo('localhost', ssl)).toBe(fingerprintOf(lone.cert))
      }))

    test('SNICallback chooses the certificate by the name that the client asks for', () =>
      lab.run(async () => {
        if (!able()) return
        const asked: string[] = []
        const ssl: tls.TlsOptions = {
          ...identity,
          SNICallback: (name, choose) => {
            asked.push(name)
            choose(null, name === 'other.example' ? tls.createSecureContext(lone) : undefined)
          },
        }
        expect(await shownTo('other.example', ssl)).toBe(fingerprintOf(lone.cert))
        expect(await shownTo('localhost', ssl)).toBe(fingerprintOf(identity.cert))
        expect(asked).toEqual(['other.example', 'localhost'])
      }))

    /** The fingerprint of the certificate that a server shows to a client which asks for this name. */
    async function shownTo(name: string, ssl: tls.TlsOptions): Promise<string | undefined> {
      const loop = getRunningLoop()
      const server = await loop.createServer(() => new Recorder(), '127.0.0.1', 0, { ssl })
      const [transport, client] = await loop.createConnection(() => new Recorder(), '127.0.0.1', server.port, {
        ssl: { rejectUnauthorized: false },
        serverHostname: name,
      })
      const shown = transport.getExtraInfo('peercert')?.fingerprint256
      await closeAll(server, client)
      return shown
    }
  })
}

function fingerprintOf(cert: Buffer): string {
  return new X509Certificate(cert).fingerprint256
}
