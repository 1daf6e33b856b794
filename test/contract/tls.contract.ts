/** TLS over streams: handshakes, verification, both directions, endings. The certificates are made for these tests. */
import { readFileSync } from 'node:fs'
import * as tls from 'node:tls'
import {
  CancelledError,
  createTask,
  getRunningLoop,
  type NotSupportedError,
  newEventLoop,
  Protocol,
  sleep,
  type Transport,
  timeout,
} from 'aioloop'
import { afterEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import {
  closeAll,
  connectedPair,
  descriptorsBackTo,
  hasStreams,
  openDescriptors,
  outsider,
  portOf,
  Recorder,
} from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows, rejectionOf, thrownBy } from './refusal.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
const ca = pem('ca.pem')
const identity = { key: pem('server.key'), cert: pem('server.pem') }
/** Its own authority; and the same in the year 2020. */
const lone = { key: pem('lone.key'), cert: pem('lone.pem') }
const expired = { key: lone.key, cert: pem('expired.pem') }
const clientIdentity = { key: pem('client.key'), cert: pem('client.pem') }

export function tlsContract(harness: Harness): void {
  describe('TLS', () => {
    const lab = openLab(harness)
    if (!hasStreams(harness)) {
      test('a loop without TLS says so', () => {
        const loop = lab.newLoop()
        const error = thrownBy(() => loop.startTls({} as Transport, new Protocol(), true)) as NotSupportedError
        expect([error.name, error.loop, error.capability]).toEqual(['NotSupportedError', loop.name, 'tls'])
      })
      return
    }

    test('a standalone loop has streams and no TLS', () => {
      const loop = newEventLoop({ standalone: true })
      const call = () => loop.createConnection(() => new Protocol(), 'localhost', 1, { ssl: true })
      if (loop.capabilities.stream) expect((thrownBy(call) as NotSupportedError).capability).toBe('tls')
      loop.close()
    })

    const outside: { destroy?(): unknown; close?(): unknown }[] = []
    afterEach(() => {
      for (const one of outside.splice(0)) (one.destroy ?? one.close)?.call(one)
    })

    /** A TLS server of the loop under test, and what it made of its clients. */
    async function serve(ssl: tls.TlsOptions = identity) {
      const loop = getRunningLoop()
      const accepted: Recorder[] = []
      const make = () => {
        const peer = new Recorder()
        accepted.push(peer)
        return peer
      }
      const server = await loop.createServer(make, '127.0.0.1', 0, { ssl })
      return { loop, server, accepted, port: portOf(server) }
    }

    async function firstOf(accepted: Recorder[]): Promise<Recorder> {
      while (accepted[0]?.transport === undefined) await sleep(1)
      return accepted[0]
    }

    test('bytes go both ways, and each end knows of the other', async () => {
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve({ ...identity, ALPNProtocols: ['x', 'echo'] })
        const [transport, client] = await loop.createConnection(() => new Recorder(), 'localhost', port, {
          ssl: { ca, ALPNProtocols: ['echo'] },
          family: 4,
        })
        const peer = await firstOf(accepted)
        transport.write(Buffer.from('hello'))
        await peer.when(() => peer.text === 'hello')
        peer.transport.write(Buffer.from('and back'))
        await client.when(() => client.text === 'and back')
        expect(transport.getExtraInfo('peercert')?.subject.CN).toBe('localhost')
        expect(transport.getExtraInfo('alpnProtocol')).toBe('echo')
        expect(peer.transport.getExtraInfo('servername')).toBe('localhost')
        expect(transport.getExtraInfo('cipher')?.version).toMatch(/^TLS/)
        expect(transport.getExtraInfo('sslObject')).toBeInstanceOf(tls.TLSSocket)
        expect(transport.getExtraInfo('peername')).toMatchObject({ address: '127.0.0.1', port })
        expect([transport.canWriteEof(), peer.transport.canWriteEof()]).toEqual([false, false])
        await closeAll(server, client, peer)
        expect([client.calls, peer.calls]).toEqual([
          ['made', 'data', 'lost'],
          ['made', 'data', 'lost'],
        ])
      })
    })

    test('closing sends what is buffered, and the peer hears the end', async () => {
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve()
        const [transport, client] = await loop.createConnection(() => new Recorder(), '127.0.0.1', port, {
          ssl: { ca },
        })
        const peer = await firstOf(accepted)
        const sent = Buffer.alloc(1_000_000, 'abcdefghij')
        transport.write(sent)
        transport.close()
        await Promise.all([client.whenLost(), peer.whenLost()])
        expect(peer.bytes.equals(sent)).toBe(true)
        expect(peer.calls).toEqual(['made', 'data', 'eof', 'lost'])
        expect([client.lost?.error, peer.lost?.error]).toEqual([undefined, undefined])
        server.close()
        await server.waitClosed()
      })
    })

    test('a slow reader holds up the writer', async () => {
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve()
        const [transport, client] = await loop.createConnection(() => new Recorder(), 'localhost', port, {
          ssl: { ca },
          family: 4,
        })
        const peer = await firstOf(accepted)
        peer.transport.pauseReading()
        const piece = Buffer.alloc(65_536, 1)
        let sent = 0
        while (!client.calls.includes('pause')) {
          transport.write(piece)
          sent += piece.length
          await sleep(0)
        }
        peer.transport.resumeReading()
        await client.when(() => client.calls.includes('resume'))
        await peer.when(() => peer.bytes.length === sent)
        await closeAll(server, client, peer)
      })
    })

    test.each([
      ['of an unknown authority', identity, {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['for another name', identity, { ca, servername: 'wrong.example' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
      ['that signed itself', lone, {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['whose time is over', expired, { ca: expired.cert }, 'CERT_HAS_EXPIRED'],
    ])('a certificate %s fails the connection', async (_what, theirs, ssl, code) => {
      const before = openDescriptors()
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve(theirs)
        const error = await rejectionOf(() =>
          loop.createConnection(() => new Recorder(), 'localhost', port, { ssl, family: 4 }),
        )
        expect(error).toMatchObject({ code })
        for (const peer of accepted) await peer.whenLost()
        server.close()
        await server.waitClosed()
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('verification can be left out, and the name alone', async () => {
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve()
        const [, first] = await loop.createConnection(() => new Recorder(), '127.0.0.1', port, {
          ssl: { rejectUnauthorized: false },
        })
        const [, second] = await loop.createConnection(() => new Recorder(), '127.0.0.1', port, {
          ssl: { ca },
          serverHostname: '',
        })
        while (accepted.length < 2 || accepted.some((peer) => peer.transport === undefined)) await sleep(1)
        await closeAll(server, first, second)
      })
    })

    test('a client without the certificate that is asked for gets no transport on the server', async () => {
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve({ ...identity, ca, requestCert: true })
        const options = { ssl: { ca, ...clientIdentity }, serverHostname: 'localhost' }
        const [, good] = await loop.createConnection(() => new Recorder(), '127.0.0.1', port, options)
        const peer = await firstOf(accepted)
        expect(peer.transport.getExtraInfo('peercert')?.subject.CN).toBe('a client')
        const refused = await loop
          .createConnection(() => new Recorder(), '127.0.0.1', port, { ssl: { ca }, serverHostname: 'localhost' })
          .then(
            ([, protocol]) => protocol.whenLost(),
            () => {},
          )
        expect(refused).toBe(undefined)
        expect(accepted.length).toBe(1)
        await closeAll(server, good, peer)
      })
    })

    test('a peer that talks no TLS fails the handshake, and the server goes on', async () => {
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve()
        const stranger = await outsider(port)
        outside.push(stranger)
        stranger.resume()
        stranger.write('GET / HTTP/1.1\r\n\r\n')
        await new Promise((resolve) => stranger.once('close', resolve).once('end', resolve))
        const [, client] = await loop.createConnection(() => new Recorder(), '127.0.0.1', port, { ssl: { ca } })
        await closeAll(server, client, await firstOf(accepted))
        expect(accepted.length).toBe(1)
      })
    })

    test('a server that closes in the handshake fails the connection', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const loop = getRunningLoop()
        class Rude extends Recorder {
          override dataReceived(): void {
            this.transport.close()
          }
        }
        const rude = await loop.createServer(() => new Rude(), '127.0.0.1', 0)
        const error = await rejectionOf(() =>
          loop.createConnection(() => new Recorder(), '127.0.0.1', portOf(rude), { ssl: { ca } }),
        )
        expect((error as { code?: string }).code).toBe('ECONNRESET')
        rude.close()
        await rude.waitClosed()
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('a handshake that takes too long is aborted, on either side', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const loop = getRunningLoop()
        const silent = await loop.createServer(() => new Recorder(), '127.0.0.1', 0)
        const error = await rejectionOf(() =>
          loop.createConnection(() => new Recorder(), '127.0.0.1', portOf(silent), {
            ssl: { ca },
            sslHandshakeTimeout: 30,
          }),
        )
        expect((error as { code?: string }).code).toBe('ECONNABORTED')
        silent.close()
        silent.abortClients()
        const server = await loop.createServer(() => new Recorder(), '127.0.0.1', 0, {
          ssl: identity,
          sslHandshakeTimeout: 30,
        })
        const stranger = await outsider(portOf(server))
        outside.push(stranger)
        stranger.resume()
        await new Promise((resolve) => stranger.once('close', resolve).once('end', resolve))
        stranger.destroy()
        server.close()
        await server.waitClosed()
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('a cancel in the handshake closes everything', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const loop = getRunningLoop()
        const silent = await loop.createServer(() => new Recorder(), '127.0.0.1', 0)
        const connecting = createTask(async () => {
          await loop.createConnection(() => new Recorder(), '127.0.0.1', portOf(silent), { ssl: { ca } })
        })
        await sleep(20)
        connecting.cancel()
        expect(await rejectionOf(() => connecting)).toBeInstanceOf(CancelledError)
        silent.close()
        silent.closeClients()
        await timeout(10_000, () => silent.waitClosed())
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('startTls turns a plain connection into an encrypted one, on both sides', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const { server, client, peer } = await connectedPair(loop)
        client.transport.write(Buffer.from('STARTTLS'))
        await peer.when(() => peer.text === 'STARTTLS')
        const [upper, lower] = await Promise.all([
          loop.startTls(client.transport, client, { ca }, { serverHostname: 'localhost' }),
          createTask(() => loop.startTls(peer.transport, peer, identity, { serverSide: true })),
        ])
        upper.write(Buffer.from(' secret'))
        await peer.when(() => peer.text === 'STARTTLS secret')
        lower.write(Buffer.from('heard'))
        await client.when(() => client.text === 'heard')
        expect(client.calls).toEqual(['made', 'data'])
        expect([upper === client.transport, upper.canWriteEof()]).toEqual([false, false])
        upper.close()
        await Promise.all([client.whenLost(), peer.whenLost()])
        expect(peer.calls).toEqual(['made', 'data', 'eof', 'lost'])
        server.close()
        await server.waitClosed()
      })
    })

    test('connectAcceptedSocket can be the server of a handshake', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const net = await import('node:net')
        const plain = net.createServer({ pauseOnConnect: true })
        outside.push(plain)
        await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
        const accepted = new Promise<import('node:net').Socket>((resolve) => plain.once('connection', resolve))
        const { port } = plain.address() as import('node:net').AddressInfo
        const client = tls.connect({ host: '127.0.0.1', port, ca, servername: 'localhost' })
        outside.push(client)
        const [transport, peer] = await loop.connectAcceptedSocket(() => new Recorder(), await accepted, {
          ssl: identity,
        })
        client.write('hello')
        await peer.when(() => peer.text === 'hello')
        transport.abort()
        await peer.whenLost()
      })
    })

    test('a protocol that throws is fatal to its connection only', async () => {
      await lab.run(async () => {
        const { loop, server, accepted, port } = await serve()
        class Bad extends Protocol {
          lost = false
          override dataReceived(): void {
            throw new Error('no')
          }
          override connectionLost(): void {
            this.lost = true
          }
        }
        const [, bad] = await loop.createConnection(() => new Bad(), '127.0.0.1', port, { ssl: { ca } })
        const peer = await firstOf(accepted)
        peer.transport.write(Buffer.from('x'))
        await peer.whenLost()
        while (!bad.lost) await sleep(1)
        server.close()
        await server.waitClosed()
      })
      expect(lab.takeReports().map(({ message }) => message)).toEqual(['protocol.dataReceived() failed'])
    })

    test('bad input is refused in words', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const factory = () => new Protocol()
        const type = (call: () => unknown, ...names: string[]) =>
          expectThrows(call, { class: TypeError, code: ARGUMENT_TYPE, names })
        type(() => loop.createConnection(factory, 'localhost', 1, { serverHostname: 'x' }), 'options.ssl')
        type(() => loop.createConnection(factory, 'localhost', 1, { sslHandshakeTimeout: 5 }), 'options.ssl')
        type(() => loop.createConnection(factory, 'localhost', 1, { ssl: 5 as never }), 'options.ssl')
        type(() => loop.createUnixConnection(factory, '/nowhere', { ssl: true }), 'serverHostname')
        type(() => loop.createServer(factory, null, 0, { ssl: true }), 'options.ssl', 'key and cert')
        expectThrows(() => loop.createConnection(factory, 'localhost', 1, { ssl: true, sslHandshakeTimeout: 0 }), {
          class: RangeError,
          code: ARGUMENT_RANGE,
          names: ['sslHandshakeTimeout'],
        })
        type(() => loop.startTls({} as Transport, factory(), true, { serverHostname: 'x' }), "'transport'")
        const { server, client, peer } = await connectedPair(loop)
        type(() => loop.startTls(client.transport, {} as Protocol, true, { serverHostname: 'x' }), 'connectionMade')
        type(() => loop.startTls(client.transport, client, true), 'serverHostname')
        type(() => loop.startTls(client.transport, client, null as never, {}), "'ssl'")
        const error = await rejectionOf(() =>
          loop.createServer(factory, '127.0.0.1', 0, { ssl: { key: 'x', cert: 'y' } }),
        )
        expect(error).toBeInstanceOf(Error)
        await closeAll(server, client, peer)
      })
    })
  })
}
