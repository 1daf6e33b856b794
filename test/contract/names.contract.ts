/**
 * `getaddrinfo` and `getnameinfo`. Nothing here needs a network: the names are this machine's, or such that nobody has them.
 */
import type { AddressOptions, Coroutine, EventLoop } from 'aioloop'
import { CancelledError, createTask, gather, getRunningLoop, LoopStateError, NotSupportedError } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, later, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows, LOOP_STATE, rejectionOf, thrownBy } from './refusal.ts'

/** RFC 6761 keeps this domain empty; without a network the resolver may not get that far. */
const NOBODY = 'nosuch.invalid'
const NOT_FOUND = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']

export function namesContract(harness: Harness): void {
  describe('names', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { names } = probe.capabilities
    probe.close()

    if (!names) {
      test('a loop without names refuses look-ups, also of literals, and says so', () => {
        const loop = lab.newLoop()
        const calls = [() => loop.getaddrinfo('127.0.0.1', 80), () => loop.getnameinfo({ address: '::1', port: 80 })]
        for (const call of calls) {
          const error = thrownBy(call) as NotSupportedError
          expect(error).toBeInstanceOf(NotSupportedError)
          expect([error.loop, error.capability]).toEqual([loop.name, 'names'])
        }
      })
      return
    }

    const find = (host: string | null, port: string | number | null, options?: AddressOptions) =>
      lab.run(() => getRunningLoop().getaddrinfo(host, port, options))

    inBothLanes((lane) => {
      test('localhost is this machine', async () => {
        const found = await lab.run(
          lane.co(function* () {
            return yield* lane.wait(getRunningLoop().getaddrinfo('localhost', 8080))
          }),
        )
        expect(found.length).toBeGreaterThan(0)
        for (const each of found) {
          expect(['127.0.0.1', '::1']).toContain(each.address)
          expect(each).toEqual({
            address: each.address,
            port: 8080,
            family: each.address === '::1' ? 'IPv6' : 'IPv4',
            type: 'stream',
          })
        }
      })

      test('a name that nobody has is an error with code, syscall and hostname', async () => {
        const error = await lab.run(
          lane.co(function* () {
            try {
              yield* lane.wait(getRunningLoop().getaddrinfo(NOBODY, 80))
            } catch (caught) {
              return caught as NodeJS.ErrnoException & { hostname: string }
            }
            throw new Error('it was found')
          }),
        )
        expect(error).toBeInstanceOf(Error)
        expect(NOT_FOUND).toContain(error.code)
        expect(error.errno).toBeLessThan(0)
        expect([error.syscall, error.hostname]).toEqual(['getaddrinfo', NOBODY])
        expect(error.message).toBe(`getaddrinfo ${error.code} ${NOBODY}`)
      })

      test('a cancelled look-up throws where it is waited for, and its outcome is dropped', async () => {
        await lab.run(
          lane.co(function* (): Coroutine<void> {
            const outcomes: unknown[] = []
            const task = createTask(
              lane.co(function* (): Coroutine<void> {
                try {
                  outcomes.push(yield* lane.wait(getRunningLoop().getaddrinfo('localhost', 1)))
                } catch (error) {
                  outcomes.push(error)
                  throw error
                }
              }),
            )
            yield* lane.settle()
            // On a fast machine the answer may be there already.
            const waited = task.cancel()
            try {
              yield* lane.wait(task)
            } catch (error) {
              expect(error).toBeInstanceOf(CancelledError)
            }
            expect(outcomes).toHaveLength(1)
            if (waited) expect(outcomes[0]).toBeInstanceOf(CancelledError)
            // A later look-up finds the resolver free.
            expect((yield* lane.wait(getRunningLoop().getaddrinfo('localhost', 2)))[0]?.port).toBe(2)
          }),
        )
      })
    })

    test('a literal needs no look-up: a coroutine that waits for it does not give way', async () => {
      const order: string[] = []
      await lab.run(function* () {
        const loop = getRunningLoop()
        loop.callSoon(() => order.push('next round'))
        const found = yield* loop.getaddrinfo('192.0.2.7', 80)
        order.push(String(found[0]?.address))
      })
      expect(order[0]).toBe('192.0.2.7')
    })

    test('many look-ups at once, half of them cancelled, all come to an end', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const lookups = Array.from({ length: 40 }, (_, port) => createTask(() => loop.getaddrinfo('localhost', port)))
        await later(loop, 0)
        for (const task of lookups.filter((_, index) => index % 2 === 1)) task.cancel()
        const outcomes = await gather(lookups, { returnExceptions: true })
        outcomes.forEach((outcome, port) => {
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(CancelledError)
          else expect(outcome[0]?.port).toBe(port)
        })
        expect(outcomes.filter((outcome) => !(outcome instanceof Error)).length).toBeGreaterThanOrEqual(20)
      })
    })

    test('the future of a look-up can be cancelled by itself', async () => {
      await lab.run(async () => {
        const lookup = getRunningLoop().getaddrinfo('localhost', 1) as unknown as PromiseLike<unknown> & {
          cancel(): boolean
        }
        expect(lookup.cancel()).toBe(true)
        expect(lookup.cancel()).toBe(false)
        expect(await rejectionOf(() => lookup)).toBeInstanceOf(CancelledError)
      })
    })

    test('literals come back as they are, zone and all', async () => {
      const cases = ['127.0.0.1', '::1', '2001:DB8::1', 'fe80::1%7', '::ffff:127.0.0.1', '0.0.0.0']
      for (const host of cases) {
        const family = host.includes(':') ? 'IPv6' : 'IPv4'
        expect(await find(host, 443)).toEqual([{ address: host, port: 443, family, type: 'stream' }])
      }
      expect(await find('127.0.0.1', '53', { type: 'datagram' })).toMatchObject([{ port: 53, type: 'datagram' }])
      expect(await find('127.0.0.1', null, { proto: 17 })).toMatchObject([{ port: 0, type: 'datagram' }])
      expect(await find('127.0.0.1', '00080', { proto: 6, family: 'IPv4' })).toMatchObject([{ port: 80 }])
    })

    test('a literal of the other family is refused, or mapped', async () => {
      for (const [host, family] of [
        ['127.0.0.1', 6],
        ['::1', 4],
      ] as const) {
        const error = await rejectionOf(() => find(host, 80, { family }))
        expect(error).toMatchObject({ code: 'EAI_ADDRFAMILY', syscall: 'getaddrinfo', hostname: host })
      }
      const mapped = await find('127.0.0.1', 80, { family: 6, flags: { v4Mapped: true } })
      expect(mapped).toEqual([{ address: '::ffff:127.0.0.1', port: 80, family: 'IPv6', type: 'stream' }])
    })

    test('no host is loopback, or every interface', async () => {
      expect((await find(null, 80)).map(({ address }) => address).sort()).toEqual(['127.0.0.1', '::1'])
      const passive = { flags: { passive: true } }
      expect((await find(null, 80, passive)).map(({ address }) => address)).toEqual(['0.0.0.0', '::'])
      expect((await find(null, 80, { ...passive, family: 6 })).map(({ address }) => address)).toEqual(['::'])
    })

    test('a service is found by its name', async () => {
      const known = await rejectionOf(() => find('127.0.0.1', 'nosuchservice'))
      expect(known).toMatchObject({ code: 'EAI_SERVICE', syscall: 'getaddrinfo', hostname: '127.0.0.1' })
      for (const host of ['127.0.0.1', 'localhost', null]) {
        try {
          const found = await find(host, 'http', { family: 4 })
          expect(found[0]).toMatchObject({ address: '127.0.0.1', port: 80, type: 'stream' })
        } catch (error) {
          // A system without its list of services.
          expect(error).toMatchObject({ code: 'EAI_SERVICE' })
        }
      }
    })

    test('flags that allow numbers only refuse names without asking anybody', async () => {
      const error = await rejectionOf(() => find('localhost', 80, { flags: { numericHost: true } }))
      expect(error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'localhost' })
      const loop = lab.newLoop()
      expectThrows(() => loop.getaddrinfo('::1', 'http', { flags: { numericService: true } }), {
        class: RangeError,
        code: ARGUMENT_RANGE,
        names: ['port'],
      })
    })

    test('a name of another script is looked up as IDNA has it', async () => {
      const error = (await rejectionOf(() => find('bücher.invalid', 80))) as { hostname?: string }
      expect(error.hostname).toBe('xn--bcher-kva.invalid')
    })

    test('malformed hosts, ports and options are refused, each by name', () => {
      const loop = lab.newLoop()
      const long = Array.from({ length: 5 }, () => 'x'.repeat(60)).join('.')
      for (const host of ['', 'a\0b', 'a..b', '.a', 'x'.repeat(64), long, '\u{fffd}.example', 'ü\0']) {
        expectThrows(() => loop.getaddrinfo(host, 80), { class: RangeError, code: ARGUMENT_RANGE, names: ['host'] })
      }
      for (const host of [5, {}, true, Symbol('host')]) {
        expectThrows(() => loop.getaddrinfo(host as never, 80), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['getaddrinfo', 'host'],
        })
      }
      for (const port of [-1, 65536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '65536', '', 'a b', 'a\0']) {
        expectThrows(() => loop.getaddrinfo('::1', port), { class: RangeError, code: ARGUMENT_RANGE, names: ['port'] })
      }
      for (const port of [{}, true, 80n]) {
        expectThrows(() => loop.getaddrinfo('::1', port as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['port'],
        })
      }
      for (const [name, options] of [
        ['family', { family: 5 }],
        ['type', { type: 'raw' }],
        ['proto', { proto: 1 }],
        ['proto', { proto: 6, type: 'datagram' }],
      ] as const) {
        expectThrows(() => loop.getaddrinfo('::1', 80, options as never), {
          class: RangeError,
          code: ARGUMENT_RANGE,
          names: [`options.${name}`],
        })
      }
      for (const options of [5, { flags: 1 }]) {
        expectThrows(() => loop.getaddrinfo('::1', 80, options as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['getaddrinfo'],
        })
      }
    })

    test('an address has a name, or its number', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const numeric = { numericHost: true, numericService: true }
        expect(await loop.getnameinfo({ address: '192.0.2.1', port: 80 }, numeric)).toEqual({
          hostname: '192.0.2.1',
          service: '80',
        })
        const named = await loop.getnameinfo({ address: '127.0.0.1', port: 65000 })
        expect(named.hostname).not.toBe('')
        expect(named.service).toBe('65000')
        const service = await loop.getnameinfo({ address: '127.0.0.1', port: 80 }, { numericHost: true })
        expect(service.hostname).toBe('127.0.0.1')
        expect(['http', '80']).toContain(service.service)
        const six = await loop.getnameinfo({ address: '::1', port: 9 }, { numericService: true })
        expect(six.service).toBe('9')
      })
    })

    test('an address without a name fails only where a name is required', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const nobody = { address: '192.0.2.1', port: 65000 }
        const error = (await rejectionOf(() => loop.getnameinfo(nobody, { nameRequired: true }))) as { code: string }
        expect(NOT_FOUND).toContain(error.code)
        expect(error).toMatchObject({ syscall: 'getnameinfo', hostname: '192.0.2.1' })
        if (error.code !== 'ENOTFOUND') return
        expect(await loop.getnameinfo(nobody)).toEqual({ hostname: '192.0.2.1', service: '65000' })
      })
    })

    test('getnameinfo refuses what is no numeric address with a port', () => {
      const loop = lab.newLoop()
      for (const bad of [undefined, null, '127.0.0.1', 5, { port: 1 }, { address: '::1' }, { address: 5, port: 1 }]) {
        expectThrows(() => loop.getnameinfo(bad as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['sockaddr'],
        })
      }
      for (const bad of [
        { address: 'localhost', port: 1 },
        { address: '::1', port: -1 },
        { address: '::1', port: 65536 },
      ]) {
        expectThrows(() => loop.getnameinfo(bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['sockaddr'] })
      }
      expectThrows(() => loop.getnameinfo({ address: '::1', port: 1 }, 5 as never), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['flags'],
      })
    })

    test('a closed loop refuses look-ups, and one that closes drops those under way', async () => {
      const loop = lab.newLoop()
      let told = 0
      const future = loop.getaddrinfo('localhost', 1) as unknown as { addDoneCallback(callback: () => void): void }
      future.addDoneCallback(() => told++)
      loop.close()
      const refused = { class: LoopStateError, code: LOOP_STATE, names: ['closed'] }
      expectThrows(() => loop.getaddrinfo('::1', 80), refused)
      expectThrows(() => loop.getnameinfo({ address: '::1', port: 80 }), refused)
      await lab.inCallback(async (other) => void (await other.getaddrinfo('localhost', 2)))
      expect(told).toBe(0)
    })

    test('what is found while the loop does not run is there when it does', async () => {
      const loop: EventLoop = lab.newLoop()
      const lookup = loop.getaddrinfo('localhost', 3)
      await lab.inCallback(async (other) => void (await other.getaddrinfo('localhost', 4)))
      expect((await loop.runUntilComplete(lookup))[0]?.port).toBe(3)
    })
  })
}
