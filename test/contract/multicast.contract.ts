/** What the socket of a datagram transport can be told: groups of multicast, broadcast, how far a datagram goes. */
import { networkInterfaces } from 'node:os'
import { type DatagramSocket, getRunningLoop, LoopStateError } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { ANY_PORT, capabilitiesOf, closed, open, Recorder, sockname, until } from './datagram-lab.ts'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows, LOOP_STATE, thrownBy } from './refusal.ts'

const GROUP = '239.255.77.1'
const LOOPBACK = { interface: '127.0.0.1' }

export function multicastContract(harness: Harness): void {
  if (!capabilitiesOf(harness).datagram) return
  describe('multicast and broadcast', () => {
    const lab = openLab(harness)

    /** An endpoint on every interface, and its socket, which sends by loopback. */
    async function opened(): Promise<{ endpoint: Recorder; socket: DatagramSocket; port: number; group: string }> {
      const endpoint = new Recorder()
      const [transport] = await open(endpoint, { localAddr: { address: '0.0.0.0', port: 0 } })
      const socket = transport.getExtraInfo('socket') as DatagramSocket
      socket.setMulticastInterface('127.0.0.1')
      const { port } = sockname(transport)
      // Some systems give a socket what is for any member on the machine, so each test has a group of its own.
      return { endpoint, socket, port, group: `239.77.${port >> 8}.${port & 255}` }
    }

    test('a member of a group receives what is sent to it, until it leaves', () =>
      lab.run(async () => {
        const { endpoint, socket, port, group } = await opened()
        const { endpoint: sender } = await opened()
        const to = { address: group, port }
        sender.transport.sendto(Buffer.from('too early'), to)
        // What comes the plain way, behind it on the same machine, shows that it was not received.
        sender.transport.sendto(Buffer.from('plain'), { address: '127.0.0.1', port })
        await until(() => endpoint.data.length === 1)
        socket.addMembership(group, LOOPBACK)
        sender.transport.sendto(Buffer.from('to all'), to)
        await until(() => endpoint.data.length === 2)
        socket.dropMembership(group, LOOPBACK)
        sender.transport.sendto(Buffer.from('too late'), to)
        sender.transport.sendto(Buffer.from('plain again'), { address: '127.0.0.1', port })
        await until(() => endpoint.data.length === 3)
        expect(endpoint.texts).toEqual(['plain', 'to all', 'plain again'])
        await closed(endpoint, sender)
      }))

    test('a member for one source receives nothing of others', () =>
      lab.run(async () => {
        const { endpoint, socket, port, group } = await opened()
        const { endpoint: sender } = await opened()
        const to = { address: group, port }
        socket.addMembership(group, { ...LOOPBACK, source: '127.0.0.77' })
        sender.transport.sendto(Buffer.from('of another'), to)
        sender.transport.sendto(Buffer.from('plain'), { address: '127.0.0.1', port })
        await until(() => endpoint.data.length === 1)
        socket.dropMembership(group, { ...LOOPBACK, source: '127.0.0.77' })
        socket.addMembership(group, { ...LOOPBACK, source: '127.0.0.1' })
        sender.transport.sendto(Buffer.from('of the one'), to)
        await until(() => endpoint.data.length === 2)
        expect(endpoint.texts).toEqual(['plain', 'of the one'])
        await closed(endpoint, sender)
      }))

    test('a sender that is a member hears itself', () =>
      lab.run(async () => {
        const { endpoint, socket, port, group } = await opened()
        socket.addMembership(group, LOOPBACK)
        socket.setMulticastTtl(0)
        // The interface of the machine itself gives back everything, so this shows only that it is taken.
        socket.setMulticastLoopback(false)
        socket.setMulticastLoopback(true)
        endpoint.transport.sendto(Buffer.from('heard'), { address: group, port })
        await until(() => endpoint.data.length === 1)
        expect(endpoint.texts).toEqual(['heard'])
        await closed(endpoint)
      }))

    test('broadcast is permitted and forbidden again', async (context) => {
      if (process.platform !== 'linux') return context.skip('needs broadcast on loopback')
      await lab.run(async () => {
        const { endpoint, socket, port } = await opened()
        const everybody = { address: '127.255.255.255', port }
        endpoint.transport.sendto(Buffer.from('not allowed'), everybody)
        await until(() => endpoint.errors.length === 1)
        expect(endpoint.errors[0]).toMatchObject({ code: 'EACCES', syscall: 'send' })
        socket.setBroadcast(true)
        endpoint.transport.sendto(Buffer.from('to all'), everybody)
        await until(() => endpoint.data.length === 1)
        socket.setBroadcast(false)
        endpoint.transport.sendto(Buffer.from('not allowed'), everybody)
        await until(() => endpoint.errors.length === 2)
        expect(endpoint.texts).toEqual(['to all'])
        await closed(endpoint)
      })
    })

    test('IPv6 groups are joined by the zone of an interface', (context) => {
      const [name] =
        Object.entries(networkInterfaces()).find(([, all]) => all?.some((one) => one.address === '::1')) ?? []
      if (name === undefined) return context.skip('needs IPv6')
      return lab.run(async () => {
        const endpoint = new Recorder()
        const [transport] = await open(endpoint, { localAddr: { address: '::1', port: 0 } })
        const socket = transport.getExtraInfo('socket') as DatagramSocket
        socket.setMulticastInterface(`::%${name}`)
        socket.addMembership('ff02::77', { interface: `::%${name}` })
        socket.dropMembership('ff02::77', { interface: `::%${name}` })
        socket.setMulticastTtl(3)
        socket.setTtl(3)
        const range = { class: RangeError, code: ARGUMENT_RANGE }
        expectThrows(() => socket.addMembership(GROUP), { ...range, names: ['IPv6'] })
        await closed(endpoint)
      })
    })

    test('what the system refuses is thrown, and everything goes on', () =>
      lab.run(async () => {
        const { endpoint, socket, port, group } = await opened()
        const never = () => socket.dropMembership(group, LOOPBACK)
        expect(thrownBy(never)).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: expect.any(String) })
        socket.addMembership(group, LOOPBACK)
        expect(thrownBy(() => socket.addMembership(group, LOOPBACK))).toMatchObject({ code: 'EADDRINUSE' })
        const nowhere = () => socket.setMulticastInterface('192.0.2.77')
        expect(thrownBy(nowhere)).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: expect.any(String) })
        endpoint.transport.sendto(Buffer.from('still here'), { address: group, port })
        await until(() => endpoint.data.length === 1)
        await closed(endpoint)
      }))

    test('bad input is refused in words, and so is a closed socket', () =>
      lab.run(async () => {
        const endpoint = new Recorder()
        const [transport] = await getRunningLoop().createDatagramEndpoint(() => endpoint, { localAddr: ANY_PORT })
        const socket = transport.getExtraInfo('socket') as DatagramSocket
        const type = { class: TypeError, code: ARGUMENT_TYPE }
        const range = { class: RangeError, code: ARGUMENT_RANGE }
        for (const method of ['addMembership', 'dropMembership'] as const) {
          expectThrows(() => socket[method](5 as never), { ...type, names: [`socket.${method}`, "'group'"] })
          for (const group of ['', 'localhost', '127.0.0.1', '240.0.0.1', 'ff02::1']) {
            expectThrows(() => socket[method](group), { ...range, names: [`socket.${method}`, "'group'"] })
          }
          expectThrows(() => socket[method](GROUP, { interface: 'lo' }), { ...range, names: ['options.interface'] })
          expectThrows(() => socket[method](GROUP, { source: 1 as never }), { ...type, names: ['options.source'] })
          expectThrows(() => socket[method](GROUP, 'lo' as never), { ...type, names: ['options'] })
        }
        for (const hops of [-1, 256, 1.5, Number.NaN]) {
          expectThrows(() => socket.setMulticastTtl(hops), { ...range, names: ["'hops'"] })
          expectThrows(() => socket.setTtl(hops), { ...range, names: ["'hops'"] })
        }
        expectThrows(() => socket.setTtl(0), { ...range, names: ["'hops'"] })
        expectThrows(() => socket.setTtl('1' as never), { ...type, names: ["'hops'"] })
        expectThrows(() => socket.setMulticastLoopback(1 as never), { ...type, names: ["'enabled'"] })
        expectThrows(() => socket.setBroadcast('yes' as never), { ...type, names: ["'enabled'"] })
        expectThrows(() => socket.setMulticastInterface(null as never), { ...type, names: ["'address'"] })
        await closed(endpoint)
        const state = { class: LoopStateError, code: LOOP_STATE, names: ['closed'] }
        expectThrows(() => socket.addMembership(GROUP), state)
        expectThrows(() => socket.setBroadcast(true), state)
        expectThrows(() => socket.setTtl(3), state)
      }))
  })
}
