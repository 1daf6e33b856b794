/** The life of a datagram transport: what its protocol is told, and how it ends. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Address, DatagramTransport } from 'aioloop'
import { getRunningLoop } from 'aioloop'
import { describe, expect, test, vi } from 'vitest'
import { capabilitiesOf, closed, open, Recorder, sockname, until } from './datagram-lab.ts'
import { type Harness, later, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows } from './refusal.ts'

export function datagramTransportsContract(harness: Harness): void {
  if (!capabilitiesOf(harness).datagram) return
  describe('datagram transports', () => {
    const lab = openLab(harness)

    test('sending without an address, or to what is none, is refused', async () => {
      await lab.run(async () => {
        const recorder = new Recorder()
        const [transport] = await open(recorder)
        const data = Buffer.from('x')
        for (const bad of [undefined, null, 5, 'localhost', { port: 1 }, { address: '::1' }]) {
          expectThrows(() => transport.sendto(data, bad as never), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['sendto', 'to'],
          })
        }
        for (const bad of [
          { address: 'localhost', port: 1 },
          { address: '127.0.0.1', port: 0 },
          { address: '127.0.0.1', port: 65536 },
        ]) {
          expectThrows(() => transport.sendto(data, bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['to'] })
        }
        await closed(recorder)
        expect(recorder.errors).toEqual([])
      })
    })

    test('an error in a method of the protocol is reported, and the transport goes on', async () => {
      class Failing extends Recorder {
        override connectionMade(transport: DatagramTransport): void {
          super.connectionMade(transport)
          throw new Error('made')
        }
        override datagramReceived(data: Uint8Array, from: Address): void {
          super.datagramReceived(data, from)
          throw new Error('received')
        }
        override connectionLost(error: unknown): void {
          super.connectionLost(error)
          throw new Error('lost')
        }
      }
      await lab.run(async () => {
        const receiver = new Failing()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        for (let count = 1; count <= 2; count++) {
          from.sendto(Buffer.from('x'))
          await until(() => receiver.data.length === count)
        }
        await closed(receiver, sender)
        const reports = lab.takeReports()
        expect(reports.map(({ exception }) => (exception as Error).message)).toEqual([
          'made',
          'received',
          'received',
          'lost',
        ])
        for (const { transport, protocol } of reports) expect([transport, protocol]).toEqual([to, receiver])
      })
    })

    test('closing is idempotent, comes in a later round, and nothing is called after connectionLost', async () => {
      await lab.run(async () => {
        const receiver = new Recorder()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        for (let i = 0; i < 20; i++) from.sendto(Buffer.from('x'))
        to.close()
        to.close()
        to.abort()
        expect(receiver.events).not.toContain('lost')
        from.abort()
        from.abort()
        from.close()
        await until(() => receiver.lost.length + sender.lost.length === 2)
        await later(getRunningLoop(), 5)
        expect(receiver.events).toEqual(['made', 'lost'])
        expect(sender.events.at(-1)).toBe('lost')
        expect(sender.lost).toEqual([undefined])
      })
    })

    test('what is sent just before the close arrives', async () => {
      await lab.run(async () => {
        const receiver = new Recorder()
        const sender = new Recorder()
        const [to] = await open(receiver)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        for (let i = 0; i < 10; i++) from.sendto(Buffer.from(String(i)))
        from.close()
        await until(() => receiver.data.length === 10)
        expect(receiver.texts).toEqual(Array.from({ length: 10 }, (_, i) => String(i)))
        await closed(receiver)
      })
    })

    test('what is sent after the close is lost, with a warning from the fifth time on', async () => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      try {
        await lab.run(async () => {
          const recorder = new Recorder()
          const [transport] = await open(recorder)
          await closed(recorder)
          const to = sockname(transport)
          for (let i = 0; i < 4; i++) transport.sendto(Buffer.from('x'), to)
          expect(warn).not.toHaveBeenCalled()
          transport.sendto(Buffer.from('x'), to)
          expect(warn).toHaveBeenCalledOnce()
          expect(recorder.events).toEqual(['made', 'lost'])
        })
      } finally {
        warn.mockRestore()
      }
    })

    test('a transport may be closed by its protocol, at any of its calls', async () => {
      class Impatient extends Recorder {
        override connectionMade(transport: DatagramTransport): void {
          super.connectionMade(transport)
          transport.close()
        }
      }
      class Once extends Recorder {
        override datagramReceived(data: Uint8Array, from: Address): void {
          super.datagramReceived(data, from)
          this.transport.abort()
        }
      }
      await lab.run(async () => {
        const impatient = new Impatient()
        const [transport] = await open(impatient)
        expect(transport.isClosing()).toBe(true)
        await until(() => impatient.lost.length === 1)
        const once = new Once()
        const sender = new Recorder()
        const [to] = await open(once)
        const [from] = await open(sender)
        for (let i = 0; i < 10; i++) from.sendto(Buffer.from('x'), sockname(to))
        await until(() => once.lost.length === 1)
        expect(once.events).toEqual(['made', 'data', 'lost'])
        await closed(sender)
      })
    })

    test('another protocol may take over', async () => {
      await lab.run(async () => {
        const first = new Recorder()
        const second = new Recorder()
        const sender = new Recorder()
        const [to] = await open(first)
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        from.sendto(Buffer.from('1'))
        await until(() => first.data.length === 1)
        to.setProtocol(second)
        second.transport = to
        from.sendto(Buffer.from('2'))
        await until(() => second.data.length === 1)
        expect([first.texts, second.texts]).toEqual([['1'], ['2']])
        expectThrows(() => to.setProtocol({} as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['protocol'] })
        await closed(second, sender)
        expect(first.lost).toEqual([])
      })
    })

    test('the protocol is called in the async context in which the endpoint was made, with no task', async () => {
      const storage = new AsyncLocalStorage<string>()
      const contexts: unknown[] = []
      class Looking extends Recorder {
        override connectionMade(transport: DatagramTransport): void {
          super.connectionMade(transport)
          contexts.push(storage.getStore())
        }
        override datagramReceived(data: Uint8Array, from: Address): void {
          super.datagramReceived(data, from)
          contexts.push(storage.getStore())
        }
      }
      await lab.run(async () => {
        const looking = new Looking()
        const sender = new Recorder()
        const [to] = await storage.run('mine', () => open(looking))
        const [from] = await open(sender, { remoteAddr: sockname(to) })
        from.sendto(Buffer.from('x'))
        await until(() => looking.data.length === 1)
        expect(contexts).toEqual(['mine', 'mine'])
        await closed(looking, sender)
      })
    })
  })
}
