/** Opening datagram endpoints: addresses, families, what the caller did wrong and what the system refuses. */
import type { Address, Coroutine } from 'aioloop'
import { CancelledError, createTask, getRunningLoop, NotSupportedError, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { ANY_PORT, capabilitiesOf, closed, Echo, open, Recorder, sockname, until } from './datagram-lab.ts'
import { descriptorsBackTo, openDescriptors } from './descriptors.ts'
import { type Harness, later, openLab } from './harness.ts'
import { inBothLanes, type Lane } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRefusal, expectThrows, rejectionOf, thrownBy } from './refusal.ts'

function sameSpot({ address, port }: Address): Pick<Address, 'address' | 'port'> {
  return { address, port }
}

/** Open an endpoint in a task that is cancelled after so many rounds; gives the protocols that were made. */
function* openAndCancel(lane: Lane, rounds: number): Coroutine<readonly Recorder[]> {
  const loop = getRunningLoop()
  const protocols: Recorder[] = []
  const protocol = (): Recorder => {
    protocols.push(new Recorder())
    return protocols.at(-1) as Recorder
  }
  const localAddr = { address: rounds % 2 === 0 ? '127.0.0.1' : 'localhost', port: 0 }
  const task = createTask(
    lane.co(function* () {
      const [transport] = yield* lane.wait(loop.createDatagramEndpoint(protocol, { localAddr }))
      transport.close()
    }),
  )
  for (let i = 0; i < rounds; i++) yield* lane.wait(sleep(0))
  const cancelled = task.cancel()
  try {
    yield* lane.wait(task)
    expect(cancelled).toBe(false)
  } catch (error) {
    expect(error).toBeInstanceOf(CancelledError)
  }
  yield* lane.wait(sleep(2))
  yield* lane.settle()
  return protocols
}

export function datagramEndpointsContract(harness: Harness): void {
  const { datagram, reusePort } = capabilitiesOf(harness)
  if (!datagram) return
  describe('datagram endpoints', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      test('a cancel while an endpoint is opened leaves nothing open', async () => {
        const before = openDescriptors()
        await lab.run(
          lane.co(function* () {
            for (let rounds = 0; rounds < 10; rounds++) {
              for (const { events } of yield* openAndCancel(lane, rounds)) {
                expect(events.filter((event) => event === 'lost')).toHaveLength(1)
              }
            }
          }),
        )
        // The loop of the lab is open still, and has a few of its own.
        expect(await descriptorsBackTo((before ?? 0) + 10)).toBe(true)
      })
    })

    test('with allowBroadcast the remote address is where it sends, not the only one it hears', async () => {
      await lab.run(async () => {
        const server = new Recorder()
        const client = new Recorder()
        const stranger = new Recorder()
        const [to] = await open(server)
        const [from] = await open(client, { localAddr: ANY_PORT, remoteAddr: sockname(to), allowBroadcast: true })
        const [other] = await open(stranger)
        expect(from.getExtraInfo('peername')).toBeUndefined()
        from.sendto(Buffer.from('a'))
        from.sendto(Buffer.from('b'), sockname(to))
        await until(() => server.data.length === 2)
        expectThrows(() => from.sendto(Buffer.from('c'), sockname(other)), { class: RangeError, code: ARGUMENT_RANGE })
        other.sendto(Buffer.from('from a stranger'), sockname(from))
        await until(() => client.data.length === 1)
        await closed(server, client, stranger)
      })
    })

    test('broadcast is refused by the system unless it was asked for', async () => {
      await lab.run(async () => {
        const quiet = new Recorder()
        const [transport] = await open(quiet, { family: 4 })
        transport.sendto(Buffer.from('x'), { address: '255.255.255.255', port: 9 })
        await until(() => quiet.errors.length === 1)
        // Without a route there is nothing to be refused.
        expect(['EACCES', 'ENETUNREACH']).toContain((quiet.errors[0] as { code: string }).code)
        await closed(quiet)
        const loud = new Recorder()
        const [allowed] = await open(loud, { family: 4, allowBroadcast: true })
        allowed.sendto(Buffer.from('x'), { address: '255.255.255.255', port: 9 })
        await later(getRunningLoop(), 5)
        expect(loud.errors.map((error) => (error as { code: string }).code)).not.toContain('EACCES')
        await closed(loud)
      })
    })

    test('an endpoint without addresses gets a port of its own', async () => {
      await lab.run(async () => {
        const echo = new Echo()
        const [to] = await open(echo)
        const client = new Recorder()
        const [from] = await open(client, { family: 'IPv4' })
        from.sendto(Buffer.from('x'), sockname(to))
        await until(() => client.data.length === 1)
        expect(client.texts).toEqual(['x'])
        await closed(echo, client)
      })
    })

    test('names are looked up, and IPv6 works where there is some', async () => {
      await lab.run(async () => {
        const echo = new Echo()
        const [to] = await open(echo, { localAddr: { address: 'localhost', port: 0 } })
        const client = new Recorder()
        const { port, family } = sockname(to)
        const [from] = await open(client, { remoteAddr: { address: 'localhost', port }, family })
        from.sendto(Buffer.from('by name'))
        await until(() => client.data.length === 1)
        await closed(echo, client)

        const six = new Echo()
        try {
          await open(six, { localAddr: { address: '::1', port: 0 } })
        } catch (error) {
          expect(['EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain((error as { code: string }).code)
          return
        }
        const other = new Recorder()
        const [sender] = await open(other, { localAddr: { address: '::1', port: 0 } })
        sender.sendto(Buffer.from('six'), sockname(six.transport))
        await until(() => other.data.length === 1)
        expect(other.from[0]).toEqual({ ...sockname(six.transport), family: 'IPv6', address: '::1' })
        // An address of the other family is an error of the system.
        sender.sendto(Buffer.from('four'), { address: '127.0.0.1', port: 9 })
        await until(() => other.errors.length === 1)
        await closed(six, other)
      })
    })

    test('an address that is taken, or not of this machine, is refused', async () => {
      await lab.run(async () => {
        const first = new Recorder()
        const [transport] = await open(first)
        const taken = (await rejectionOf(() => open(new Recorder(), { localAddr: sockname(transport) }))) as Error
        expect(taken).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', ...sameSpot(sockname(transport)) })
        expect(taken.message).toContain(`bind EADDRINUSE 127.0.0.1:${sockname(transport).port}`)
        const foreign = await rejectionOf(() => open(new Recorder(), { localAddr: { address: '192.0.2.1', port: 0 } }))
        expect(foreign).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind' })
        await closed(first)
        // Given back, so that it can be had again.
        const second = new Recorder()
        await open(second, { localAddr: sockname(transport) })
        await closed(second)
      })
    })

    test('an address that cannot be connected to is refused', async () => {
      await lab.run(async () => {
        const options = { remoteAddr: { address: '255.255.255.255', port: 9 } }
        const error = (await rejectionOf(() => open(new Recorder(), options))) as { code: string; syscall: string }
        expect(['EACCES', 'ENETUNREACH']).toContain(error.code)
        expect(error.syscall).toBe('connect')
      })
    })

    test('addresses of two families make no endpoint', async () => {
      await lab.run(async () => {
        const options = { localAddr: ANY_PORT, remoteAddr: { address: '::1', port: 9 } }
        const error = await rejectionOf(() => open(new Recorder(), options))
        expectRefusal(error, { class: RangeError, code: ARGUMENT_RANGE, names: ['family'] })
      })
    })

    if (reusePort) {
      test('several sockets may share an address when all of them say so', async () => {
        await lab.run(async () => {
          const one = new Recorder()
          const other = new Recorder()
          const [transport] = await open(one, { localAddr: ANY_PORT, reusePort: true })
          const localAddr = sockname(transport)
          expect(await rejectionOf(() => open(new Recorder(), { localAddr }))).toMatchObject({ code: 'EADDRINUSE' })
          await open(other, { localAddr, reusePort: true })
          await closed(one, other)
        })
      })
    } else {
      test('a loop without reusePort refuses it and says so', () => {
        const loop = lab.newLoop()
        const call = () => loop.createDatagramEndpoint(() => new Recorder(), { localAddr: ANY_PORT, reusePort: true })
        const error = thrownBy(call) as NotSupportedError
        expect(error).toBeInstanceOf(NotSupportedError)
        expect(error.capability).toBe('reusePort')
      })
    }

    test('malformed options are refused, each by name, before anything is opened', () => {
      const loop = lab.newLoop()
      const factory = (): Recorder => new Recorder()
      for (const bad of [undefined, null, 5, {}]) {
        expectThrows(() => loop.createDatagramEndpoint(bad as never, { localAddr: ANY_PORT }), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['createDatagramEndpoint', 'protocolFactory'],
        })
      }
      expectThrows(() => loop.createDatagramEndpoint(factory, 5 as never), { class: TypeError, code: ARGUMENT_TYPE })
      const typed: [string, unknown][] = [
        ['localAddr', { localAddr: 5 }],
        ['localAddr', { localAddr: null }],
        ['host', { localAddr: { address: 5, port: 0 } }],
        ['port', { remoteAddr: { address: '::1', port: {} } }],
        ['flags', { localAddr: ANY_PORT, flags: 1 }],
      ]
      for (const [name, options] of typed) {
        expectThrows(() => loop.createDatagramEndpoint(factory, options as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['createDatagramEndpoint', name],
        })
      }
      const ranged: [string, unknown][] = [
        ['family', undefined],
        ['family', {}],
        ['family', { localAddr: ANY_PORT, family: 5 }],
        ['proto', { localAddr: ANY_PORT, proto: 6 }],
        ['port', { localAddr: { address: '::1', port: 65536 } }],
        ['host', { localAddr: { address: '', port: 0 } }],
        ['remoteAddr.port', { remoteAddr: { address: '::1', port: 0 } }],
        ['remoteAddr.port', { remoteAddr: { address: '::1', port: null } }],
      ]
      for (const [name, options] of ranged) {
        expectThrows(() => loop.createDatagramEndpoint(factory, options as never), {
          class: RangeError,
          code: ARGUMENT_RANGE,
          names: ['createDatagramEndpoint', name],
        })
      }
    })

    test('a factory that throws, or makes no protocol, leaves nothing open', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const wrong = new Error('no protocol today')
        const failing = () =>
          loop.createDatagramEndpoint(
            () => {
              throw wrong
            },
            { localAddr: ANY_PORT },
          )
        expect(await rejectionOf(failing)).toBe(wrong)
        for (const bad of [undefined, 5, {}, { connectionMade() {} }]) {
          const call = () => loop.createDatagramEndpoint(() => bad as never, { localAddr: ANY_PORT })
          expectRefusal(await rejectionOf(call), { class: TypeError, code: ARGUMENT_TYPE, names: ['protocol'] })
        }
      })
    })

    test('many sockets at once', async () => {
      await lab.run(async () => {
        const echo = new Echo()
        const [to] = await open(echo)
        const clients = await Promise.all(
          Array.from({ length: 40 }, async () => (await open(new Recorder(), { remoteAddr: sockname(to) }))[1]),
        )
        clients.forEach(({ transport }, index) => {
          transport.sendto(Buffer.from(`${index}`))
        })
        await until(() => clients.every(({ data }) => data.length === 1))
        clients.forEach(({ texts }, index) => {
          expect(texts).toEqual([`${index}`])
        })
        await closed(echo, ...clients)
      })
    })
  })
}
