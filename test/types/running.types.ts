/** `run`, `runSync`, `Runner`, policies and loops. */
import { type EventLoop, getRunningLoop, install, newEventLoop, Runner, run, runSync, sleep } from 'aioloop'
import { exact } from './exact.ts'

function* main() {
  yield* sleep(1)
  return 'generator'
}

exact<Promise<number>>()(run(async () => 1))
exact<Promise<string>>()(run(main))
exact<Promise<string>>()(run(main()))
exact<Promise<number>>()(run(() => sleep(1, 5)))
run(main, { debug: true, loopFactory: () => newEventLoop(), signal: new AbortController().signal })
// @ts-expect-error a promise runs already: run(() => work())
run(Promise.resolve(1))
// @ts-expect-error no such option
run(main, { timeout: 5 })

exact<string>()(runSync(main))
exact<number>()(runSync(async () => 1))

export async function runner(): Promise<void> {
  await using runner = new Runner({ debug: true })
  exact<string>()(await runner.run(main))
  await runner.close()
}

const loop: EventLoop = getRunningLoop()
exact<number>()(loop.time())
exact<number>()(loop.callLater(10, (a: string, b: number) => `${a}${b}`, 'x', 1).when())
// @ts-expect-error the callback takes a string
loop.callSoon((_text: string) => {}, 1)
// @ts-expect-error an argument is missing
loop.callSoon((_text: string) => {})
// @ts-expect-error a delay is a number of milliseconds
loop.callLater('soon', () => {})
exact<boolean>()(loop.callSoon(() => {}).cancelled())
exact<boolean>()(loop.capabilities.stream)
exact<number>()(loop.metrics().turns)
exact<Promise<string>>()(loop.runUntilComplete(main))

export const restore: () => void = install({ loop: 'portable', required: true })
// @ts-expect-error there is no such loop
install({ loop: 'fast' })
