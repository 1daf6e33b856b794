/** What is thrown in a worker, whatever it is, arrives with what it has; and what a worker refuses says so by its code. */
import { ProcessPoolExecutor, ThreadPoolExecutor } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_TYPE, expectRefusal, rejectionOf } from './refusal.ts'

const module = new URL('./work/jobs.mjs', import.meta.url)

type Pool = ThreadPoolExecutor | ProcessPoolExecutor

export function executorErrorsContract(harness: Harness): void {
  const probe = harness.newLoop()
  const { executor } = probe.capabilities
  probe.close()
  if (!executor) return
  const kinds: [string, new (options: { maxWorkers: number }) => Pool][] = [
    ['threads', ThreadPoolExecutor],
    ['processes', ProcessPoolExecutor],
  ]
  describe.each(kinds)('errors of work in %s', (_kind, NewPool) => {
    const lab = openLab(harness)

    /** The pool has one worker, which is still the same at the end. */
    async function withPool(main: (pool: Pool) => Promise<void>): Promise<void> {
      await lab.run(async () => {
        await using pool = new NewPool({ maxWorkers: 1 })
        const worker = (): Promise<unknown> =>
          Promise.resolve(pool.submit(() => (globalThis as { worker?: unknown }).worker))
        await pool.submit(() => Object.assign(globalThis, { worker: 'the first' }).worker)
        await main(pool)
        expect(await worker()).toBe('the first')
      })
    }

    test('what is thrown in place of an error, and fields and causes that are objects, travel as they are', async () => {
      await withPool(async (pool) => {
        const thrown = await rejectionOf(() =>
          pool.submit(() => {
            throw { code: 5, seen: new Map([[1, [2n]]]) }
          }),
        )
        expect(thrown).toEqual({ code: 5, seen: new Map([[1, [2n]]]) })
        const error = (await rejectionOf(() =>
          pool.submit(() => {
            const response = { status: 404, headers: new Map([['a', 'b']]) }
            const request = { url: 'x', retry: () => 1 }
            const inner = Object.assign(new RangeError('inner'), { at: [3] })
            throw Object.assign(new Error('outer', { cause: { status: 5 } }), { code: 'E', response, request, inner })
          }),
        )) as Error & { response: unknown; request: unknown; inner: Error }
        expect(error.cause).toEqual({ status: 5 })
        expect(error).toMatchObject({ code: 'E', response: { status: 404, headers: new Map([['a', 'b']]) } })
        expect(error.request).toMatch(/url: 'x'.*\[Function: retry\]/)
        expect(error.inner).toBeInstanceOf(RangeError)
        expect(error.inner).toMatchObject({ message: 'inner', at: [3] })
      })
    })

    test('a class is known by its name, and is what the nearest class above it is', async () => {
      await withPool(async (pool) => {
        const error = (await rejectionOf(() =>
          pool.submit(() => {
            class NotFound extends RangeError {}
            throw new NotFound('not here')
          }),
        )) as Error
        expect(error).toBeInstanceOf(RangeError)
        expect([error.name, error.message]).toEqual(['NotFound', 'not here'])
        const plain = (await rejectionOf(() =>
          pool.submit(() => null as never as number).then((n) => n.toFixed()),
        )) as Error
        expect(plain.name).toBe('TypeError')
      })
    })

    test('an error that cannot be read fails its own work, and is told in words', async () => {
      await withPool(async (pool) => {
        const jobs = [
          pool.submit(() => {
            throw Object.defineProperty(new Error('x'), 'message', {
              get: () => {
                throw new Error('no message')
              },
            })
          }),
          pool.submit(() => {
            const error = new Error('a field')
            throw Object.defineProperty(error, 'field', {
              enumerable: true,
              get: () => {
                throw new Error('no field')
              },
            })
          }),
          pool.submit(() => {
            throw new Proxy(new Error('y'), {
              get: () => {
                throw new Error('no gets')
              },
            })
          }),
          pool.submit(() => {
            const { proxy, revoke } = Proxy.revocable({}, {})
            revoke()
            throw proxy
          }),
          pool.submit(async () => {
            const { proxy, revoke } = Proxy.revocable({}, {})
            revoke()
            throw proxy
          }),
        ]
        const errors = (await Promise.all(jobs.map((job) => rejectionOf(() => job)))) as Error[]
        expect(errors[0]).toMatchObject({ name: 'Error', message: 'it cannot be read: no message' })
        expect(errors[1]).toMatchObject({ message: 'a field', field: 'it cannot be read: no field' })
        expect(errors[2]).toMatchObject({ name: 'Error', message: 'it cannot be read: no gets' })
        for (const words of errors.slice(3)) expect(words).toMatch(/proxy/i)
      })
    })

    test('a result that cannot be read or sent fails its own work', async () => {
      await withPool(async (pool) => {
        const refusal = { class: TypeError, code: ARGUMENT_TYPE }
        const unsent = await rejectionOf(() => pool.submit(() => () => {}))
        expectRefusal(unsent, { ...refusal, names: ['the result cannot be sent back', /could not be cloned; return/] })
        const throwing = (await rejectionOf(() =>
          pool.submit(() => ({
            get then(): unknown {
              throw new RangeError('no then')
            },
          })),
        )) as Error
        expect(throwing).toMatchObject({ name: 'RangeError', message: 'no then' })
        const marked = await rejectionOf(() =>
          pool.submit(() => ({
            get [Symbol.for('aioloop.v1.transfer')](): unknown {
              throw new RangeError('no marker')
            },
          })),
        )
        expectRefusal(marked, { ...refusal, names: ['no marker'] })
      })
    })

    test('what is wrong with the work itself has a code', async () => {
      await withPool(async (pool) => {
        const missing = await rejectionOf(() => pool.submit({ module, export: 'nothing' }))
        expectRefusal(missing, { class: TypeError, code: ARGUMENT_TYPE, names: ["no function called 'nothing'"] })
        const elsewhere = 5
        const free = await rejectionOf(() => pool.submit(() => elsewhere))
        expectRefusal(free, { class: ReferenceError, code: ARGUMENT_TYPE, names: ["'elsewhere'"] })
        const unsent = await rejectionOf(async () =>
          pool.submit(
            (given: unknown) => given,
            () => {},
          ),
        )
        expectRefusal(unsent, { class: TypeError, code: ARGUMENT_TYPE, names: [/could not be cloned; send/] })
      })
    })

    test('work that is sent as source imports modules', async () => {
      await withPool(async (pool) => {
        const separator = pool.submit(async () => {
          const { posix } = await import('node:path')
          return posix.sep
        })
        expect(await separator).toBe('/')
      })
    })
  })
}
