/** createConnection and the addresses of createServer: which are tried, what is bound, and what an error tells. */
import {
  CancelledError,
  createTask,
  type EventLoop,
  ExceptionGroup,
  getRunningLoop,
  Protocol,
  sleep,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import {
  closeAll,
  descriptorsBackTo,
  hasStreams,
  openDescriptors,
  openNetLab,
  outsideServer,
  portOf,
  Recorder,
  unusedPort,
} from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

/** Answers look-ups of this loop with these addresses, as a name with several would. */
function resolveTo(loop: EventLoop, addresses: { address: string; port: number }[]): void {
  const { names } = (loop as unknown as { scheduler: { backend: { names: { resolve: unknown } } } }).scheduler.backend
  names.resolve = (_query: unknown, events: { resolved(found: unknown[]): void }) => {
    const found = addresses.map((one) => ({ ...one, family: one.address.includes(':') ? 'IPv6' : 'IPv4' }))
    const handle = loop.callSoon(() => events.resolved(found))
    return { cancel: () => handle.cancel() }
  }
}

export function connectionsContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('connections', () => {
    const lab = openLab(harness)
    const { outside } = openNetLab(lab)

    async function far(): Promise<number> {
      const { server, port } = await outsideServer((socket) => outside.push(socket))
      outside.push(server)
      return port
    }

    test('a refused connection names the address', () =>
      lab.run(async () => {
        const port = await unusedPort()
        const error = await rejectionOf(() =>
          getRunningLoop().createConnection(() => new Protocol(), '127.0.0.1', port),
        )
        expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port })
      }))

    test('the addresses of a name are tried in order, until one answers', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const port = await far()
        const dead = await unusedPort()
        resolveTo(loop, [
          { address: '127.0.0.2', port: dead },
          { address: '127.0.0.1', port },
        ])
        const [transport] = await loop.createConnection(() => new Protocol(), 'two.example', port)
        expect(transport.getExtraInfo('peername')).toMatchObject({ address: '127.0.0.1', port })
        transport.abort()
      }))

    test('when all fail the error names every one; a group on request', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const port = await unusedPort()
        resolveTo(loop, [
          { address: '127.0.0.2', port },
          { address: '127.0.0.3', port },
        ])
        const connect = (options: object) =>
          rejectionOf(() => loop.createConnection(() => new Protocol(), 'two.example', port, options))
        for (const happyEyeballsDelay of [undefined, 1]) {
          const options = happyEyeballsDelay === undefined ? {} : { happyEyeballsDelay }
          const error = (await connect(options)) as AggregateError
          expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.2', port })
          expect(error.message).toMatch(/127\.0\.0\.2.*127\.0\.0\.3/)
          expect(error.errors).toHaveLength(2)
          const group = (await connect({ ...options, allErrors: true })) as ExceptionGroup
          expect(group).toBeInstanceOf(ExceptionGroup)
          expect(group.errors.map((one) => (one as { address: string }).address)).toEqual(['127.0.0.2', '127.0.0.3'])
        }
      }))

    test('happy eyeballs take the first that answers, and leave no other open', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const loop = getRunningLoop()
        const { server, port } = await outsideServer((socket) => socket.on('end', () => socket.destroy()).resume())
        // The first is refused, the others answer at about the same time.
        resolveTo(loop, [
          { address: '127.0.0.1', port: await unusedPort() },
          { address: '127.0.0.1', port },
          { address: '127.0.0.1', port },
          { address: '127.0.0.1', port },
        ])
        for (let i = 0; i < 10; i++) {
          const [transport, protocol] = await loop.createConnection(() => new Recorder(), 'many.example', port, {
            happyEyeballsDelay: 0,
          })
          expect(protocol.calls).toEqual(['made'])
          transport.abort()
          await protocol.whenLost()
        }
        server.close()
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('a cancel while connecting leaves nothing open, and the factory is not called', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const loop = getRunningLoop()
        let made = 0
        const port = await far()
        for (let rounds = 0; rounds < 12; rounds++) {
          const task = createTask(async () => {
            const [transport] = await loop.createConnection(
              () => {
                made++
                return new Protocol()
              },
              '127.0.0.1',
              port,
            )
            transport.abort()
          })
          for (let i = 0; i < rounds; i++) await sleep(0)
          task.cancel()
          await task.then(null, (error: unknown) => expect(error).toBeInstanceOf(CancelledError))
          if (rounds === 0) expect(made).toBe(0)
        }
        for (const one of outside.splice(0)) (one.destroy ?? one.close)?.call(one)
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('a factory that throws leaves nothing open', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const port = await far()
        const mine = new Error('mine')
        const fail = (): Protocol => {
          throw mine
        }
        expect(await rejectionOf(() => getRunningLoop().createConnection(fail, '127.0.0.1', port))).toBe(mine)
        for (const one of outside.splice(0)) (one.destroy ?? one.close)?.call(one)
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('a deadline around a connection that hangs is kept', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        // A look-up that never answers stands for every step that may hang.
        const { names } = (loop as unknown as { scheduler: { backend: { names: { resolve: unknown } } } }).scheduler
          .backend
        let cancelled = 0
        names.resolve = () => ({ cancel: () => cancelled++ })
        const late = await rejectionOf(() =>
          timeout(5, () => loop.createConnection(() => new Protocol(), 'never.example', 80)),
        )
        expect((late as Error).name).toBe('TimeoutError')
        expect(cancelled).toBe(1)
      }))

    test('localAddr is where the connection comes from', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const port = await far()
        const connect = (address: string) =>
          loop.createConnection(() => new Protocol(), '127.0.0.1', port, { localAddr: { address } })
        const [transport] = await connect('127.0.0.9')
        expect(transport.getExtraInfo('sockname')).toMatchObject({ address: '127.0.0.9' })
        transport.abort()
        expect(await rejectionOf(() => connect('::1'))).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind' })
        expect(await rejectionOf(() => connect('192.0.2.1'))).toMatchObject({ code: 'EADDRNOTAVAIL' })
      }))

    test('wrong arguments are refused at the call', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const connect =
          (options: object, host: unknown = '127.0.0.1', port: unknown = 1) =>
          () =>
            loop.createConnection(() => new Protocol(), host as string, port as number, options)
        const range = { class: RangeError, code: ARGUMENT_RANGE }
        const type = { class: TypeError, code: ARGUMENT_TYPE }
        expectThrows(connect({ happyEyeballsDelay: Number.NaN }), { ...range, names: ['happyEyeballsDelay'] })
        expectThrows(connect({ interleave: -1 }), { ...range, names: ['interleave'] })
        expectThrows(connect({ fd: 1 }), { ...type, names: ['null'] })
        expectThrows(connect({ fd: 'x' }, null, null), { ...type, names: ['fd'] })
        expectThrows(connect({}, '127.0.0.1', null), { ...type, names: ['port'] })
        expectThrows(connect({ ssl: 1 }), { ...type, names: ['ssl'] })
        await expectRejects(connect({}, '127.0.0.1', 70_000), { ...range, names: ['port'] })
        await expectRejects(connect({ family: 5 }), { ...range, names: ['family'] })
        const closed = lab.newLoop()
        closed.close()
        expectThrows(() => closed.createConnection(() => new Protocol(), '127.0.0.1', 1), {
          class: Error,
          code: LOOP_STATE,
        })
      }))

    describe('where a server listens', () => {
      const listen = (host: string | readonly string[] | null, port: number, options = {}) =>
        getRunningLoop().createServer(() => new Protocol(), host, port, options)

      test('null and "" are every interface, of both families where there are two', () =>
        lab.run(async () => {
          for (const host of [null, '']) {
            const server = await listen(host, 0)
            const addresses = server.sockets.map(({ localName }) => (localName as { address: string }).address).sort()
            expect(addresses[0]).toBe('0.0.0.0')
            expect(addresses.slice(1).every((address) => address === '::')).toBe(true)
            server.close()
          }
        }))

      test('a list of hosts is bound once each; family picks one kind', () =>
        lab.run(async () => {
          const server = await listen(['127.0.0.1', '127.0.0.2', '127.0.0.1'], 0)
          expect(server.sockets.map(({ localName }) => (localName as { address: string }).address)).toEqual([
            '127.0.0.1',
            '127.0.0.2',
          ])
          server.close()
          const one = await listen(null, 0, { family: 4 })
          expect(one.sockets).toHaveLength(1)
          one.close()
        }))

      test('an address in use is the error, with its name, and nothing stays bound', () =>
        lab.run(async () => {
          const first = await listen('127.0.0.1', 0)
          const port = portOf(first)
          const error = await rejectionOf(() => listen(['127.0.0.2', '127.0.0.1'], port))
          expect(error).toMatchObject({ code: 'EADDRINUSE', address: '127.0.0.1', port })
          await closeAll(first)
          const second = await listen(['127.0.0.2', '127.0.0.1'], port)
          expect(second.sockets).toHaveLength(2)
          await closeAll(second)
        }))

      test('an address that this machine lacks is passed over if there are others', () =>
        lab.run(async () => {
          expect(await rejectionOf(() => listen('192.0.2.1', 0))).toMatchObject({ code: 'EADDRNOTAVAIL' })
          const server = await listen(['192.0.2.1', '127.0.0.1'], 0)
          expect(server.sockets).toHaveLength(1)
          await closeAll(server)
        }))
    })
  })
}
