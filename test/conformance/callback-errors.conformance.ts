/** uvloop's test_base: errors in callbacks, and handlers that fail. */
import { type EventLoop, type ExceptionContext, sleep } from 'aioloop'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'

export function callbackErrorsConformance(harness: Harness): void {
  describe('errors in callbacks', () => {
    const lab = openLab(harness)
    let printed = ''

    function listen(): void {
      printed = ''
      const note = (...parts: unknown[]) => {
        printed += `${parts.map(String).join(' ')}\n`
        return true
      }
      vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => note(chunk))
      vi.spyOn(console, 'error').mockImplementation(note)
    }
    afterEach(() => void vi.restoreAllMocks())

    async function runFailing(loop: EventLoop): Promise<void> {
      loop.callSoon(function failing() {
        loop.stop()
        throw new RangeError('expected')
      })
      await loop.runForever()
    }

    test.each(['callSoon', 'callLater'] as const)(
      'without a handler the error of a callback of %s is printed, and what it did stands',
      async (method) => {
        const loop = lab.newLoop()
        loop.setExceptionHandler(null)
        listen()
        const future = loop.createFuture<boolean>()
        future.addDoneCallback(() => loop.stop())
        function failing(it: typeof future) {
          it.setResult(true)
          throw new RangeError('expected')
        }
        if (method === 'callSoon') loop.callSoon(failing, future)
        else loop.callLater(1, failing, future)
        await loop.runForever()
        expect(printed).toMatch(/Exception in callback.*failing/)
        expect(printed).toContain('RangeError: expected')
        expect(future.result()).toBe(true)
      },
    )

    test.each(['callSoon', 'callLater'] as const)(
      'the report of a callback of %s says where it was scheduled, in debug mode only',
      async (method) => {
        for (const debug of [true, false]) {
          const loop = lab.newLoop()
          loop.setDebug(debug)
          const failing = () => {
            throw new RangeError('expected')
          }
          const scheduleHere = () => (method === 'callSoon' ? loop.callSoon(failing) : loop.callLater(1, failing))
          scheduleHere()
          expect(lab.takeReports()).toEqual([])
          await loop.runUntilComplete(() => sleep(5))
          const [report, ...others] = lab.takeReports()
          expect(others).toEqual([])
          expect(report?.exception).toBeInstanceOf(RangeError)
          expect(report?.message).toMatch(/^Exception in callback/)
          if (debug) expect(report?.sourceTraceback).toContain('scheduleHere')
          else expect(report).not.toHaveProperty('sourceTraceback')
        }
      },
    )

    test('a handler gets the error, and null restores what there was', async () => {
      const loop = lab.newLoop()
      loop.setExceptionHandler(null)
      const errors: ExceptionContext[] = []
      const handler = (_loop: EventLoop, context: ExceptionContext) => void errors.push(context)
      loop.setDebug(true)
      expect(loop.getExceptionHandler()).toBe(null)
      loop.setExceptionHandler(handler)
      expect(loop.getExceptionHandler()).toBe(handler)
      await runFailing(loop)
      expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/Exception in callback.*failing/)])
      loop.setExceptionHandler(null)
      listen()
      await runFailing(loop)
      expect(printed).toMatch(/Exception in callback.*failing/)
      expect(errors.length).toBe(1)
    })

    test('the error of a handler that fails is printed', async () => {
      const loop = lab.newLoop()
      loop.setExceptionHandler(() => {
        throw new SyntaxError('spam')
      })
      listen()
      await runFailing(loop)
      expect(printed).toContain('Unhandled error in exception handler')
      expect(printed).toContain('spam')
    })

    test('a default handler that fails is printed, and is told what a failing handler was told', async () => {
      const loop = lab.newLoop()
      let told: ExceptionContext | undefined
      loop.setExceptionHandler(null)
      loop.defaultExceptionHandler = (context) => {
        told = context
        throw new SyntaxError('spam')
      }
      listen()
      await runFailing(loop)
      expect(printed).toContain('Exception in default exception handler')
      expect(told?.exception).toBeInstanceOf(RangeError)

      loop.setExceptionHandler(() => {
        throw new SyntaxError('ham')
      })
      listen()
      await runFailing(loop)
      expect(printed).toMatch(/Exception in default exception handler while handling .*in exception handler/)
      expect((told?.context as ExceptionContext | undefined)?.exception).toBeInstanceOf(RangeError)
    })
  })
}
