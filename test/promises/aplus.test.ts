/**
 * The Promises/A+ suite against `then` of futures, tasks and gather, each in a process of its own: the suite makes
 * rejections that nobody takes by the dozen, and runs inside mocha.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runProgram } from '../lifecycle/program.ts'

/** The number of tests in promises-aplus-tests 2.1.2: fewer would mean that some did not run. */
const SUITE_SIZE = 872
const MINUTES = 60_000

beforeAll(ensureBuilt, 600_000)

/** How each subject makes `{ promise, resolve, reject }`; `loop` runs meanwhile. */
const SUBJECTS: Record<string, string> = {
  futures: 'return settling(loop.createFuture())',
  tasks: `
    const inner = loop.createFuture()
    return { ...settling(inner), promise: loop.createTask(function* () { return yield* inner }) }`,
  'async tasks': `
    const inner = loop.createFuture()
    return { ...settling(inner), promise: loop.createTask(() => inner) }`,
  // The value of gather is a list of one: the view takes it out, and is otherwise gather's own then.
  gather: `
    const inner = loop.createFuture()
    const gathered = lib.gather([inner])
    const first = (take) => ([value]) => (typeof take === 'function' ? take(value) : value)
    return { ...settling(inner), promise: { then: (take, fail) => gathered.then(first(take), fail) } }`,
}

const program = (deferred: string): string => `
  import aplus from 'promises-aplus-tests'
  import * as lib from 'aioloop'
  process.on('unhandledRejection', () => {})
  const loop = lib.newEventLoop()
  loop.setExceptionHandler(() => {})
  const settling = (future) => ({
    promise: future,
    resolve: (value) => { if (!future.done()) future.setResult(value) },
    reject: (reason) => { if (!future.done()) future.setException(reason) },
  })
  const deferred = () => { ${deferred} }
  const failures = []
  let passes = 0
  function Counts(runner) {
    runner.on('pass', () => passes++)
    runner.on('fail', (test, error) => failures.push(test.fullTitle() + ': ' + (error && error.message)))
  }
  void loop.runForever()
  // Keeps the loop from idling while the suite waits with timers of its own.
  loop.callLater(3600000, () => {})
  aplus({ deferred }, { reporter: Counts, timeout: 60_000 }, () => {
    console.log(JSON.stringify({ passes, failures: failures.slice(0, 5), failed: failures.length }))
    process.exit(0)
  })
`

describe.each(['native', 'portable'])('on the %s loop', (name) => {
  // Side by side: the suite mostly waits.
  test.concurrent.each(Object.entries(SUBJECTS))(
    'then of %s passes Promises/A+',
    async (_subject, deferred) => {
      const ended = await runProgram(program(deferred), { env: { AIOLOOP_LOOP: name }, patience: 10 * MINUTES })
      expect(ended).toMatchObject({ hung: false, code: 0 })
      expect(JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '')).toEqual({
        passes: SUITE_SIZE,
        failures: [],
        failed: 0,
      })
    },
    10 * MINUTES,
  )
})
