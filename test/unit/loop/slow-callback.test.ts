/** Debug mode reports what runs for too long; without debug mode nothing is measured. */
import { newEventLoop } from 'aioloop'
import { expect, test } from 'vitest'

async function slowCallbackWarnings(debug: boolean): Promise<string[]> {
  const warnings: string[] = []
  const onWarning = (warning: Error & { code?: string }): void => {
    if (warning.code === 'AIOLOOP_SLOW_CALLBACK') warnings.push(warning.message)
  }
  process.on('warning', onWarning)
  const loop = newEventLoop()
  loop.setDebug(debug)
  loop.slowCallbackDuration = 5
  loop.callSoon(function busy() {
    const end = performance.now() + 10
    while (performance.now() < end);
    loop.stop()
  })
  await loop.runForever()
  loop.close()
  await new Promise((resolve) => setImmediate(resolve))
  process.removeListener('warning', onWarning)
  return warnings
}

test('a callback slower than slowCallbackDuration is reported by name in debug mode, and only there', async () => {
  expect(await slowCallbackWarnings(true)).toEqual([expect.stringMatching(/busy.* took \d+\.\d milliseconds/)])
  expect(await slowCallbackWarnings(false)).toEqual([])
})
