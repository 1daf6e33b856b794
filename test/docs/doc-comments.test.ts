/**
 * The examples in doc comments: every exported value has one, all of them can be parsed, and those of the symbols that have
 * no page of their own in docs/ do what they say. Types have none: the example of what takes or gives one shows it.
 */
import { dirname, join } from 'node:path'
import * as aioloop from 'aioloop'
import ts from 'typescript'
import { afterEach, describe, expect, it } from 'vitest'

const root = dirname(dirname(import.meta.dirname))

interface ExportedValue {
  readonly name: string
  readonly example: string | undefined
}

function exportedValues(entry: string): ExportedValue[] {
  const file = join(root, 'src', entry)
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object }
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [file] }, ts.sys, root)
  const program = ts.createProgram([file], options)
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(file)
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source)
  if (module === undefined) throw new Error(`${entry} is no module`)
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    if (!(symbol.flags & ts.SymbolFlags.Value)) return []
    const tag = symbol.getJsDocTags(checker).find(({ name }) => name === 'example')
    const text = ts.displayPartsToString(tag?.text)
    return [{ name: exported.name, example: /```ts\n([\s\S]*?)```/.exec(text)?.[1] }]
  })
}

const values = [...exportedValues('index.ts'), ...exportedValues('testing.ts')]
const exampleOf = new Map(values.map(({ name, example }) => [name, example]))

describe('doc comments', () => {
  it('show an example of every exported value', () => {
    expect(values.length).toBeGreaterThan(80)
    expect(values.filter(({ example }) => example === undefined).map(({ name }) => name)).toEqual([])
  })

  it('have examples that can be parsed', () => {
    const bad = values.filter(({ example = '' }) => {
      const { diagnostics = [] } = ts.transpileModule(example, { reportDiagnostics: true })
      return diagnostics.length > 0
    })
    expect(bad.map(({ name }) => name)).toEqual([])
  })
})

/** What an example takes for granted, by name. */
type Stage = () => { readonly [name: string]: unknown } | PromiseLike<{ readonly [name: string]: unknown }>
const bare: Stage = () => ({})
const channel: Stage = () => ({ ...aioloop.openChannel<string>(0) })
const sleepers: Stage = () => ({ tasks: [1, 2].map((n) => aioloop.createTask(() => aioloop.sleep(n, n))) })
const failing: Stage = () => ({
  work: async () => {
    throw new Error('of the work')
  },
})

/** By symbol: what it stands on, and what it prints. In a task, unless it runs one itself. */
const inTasks: Record<string, [Stage, unknown[], failure?: RegExp]> = {
  BrokenBarrierError: [() => ({ barrier: new aioloop.Barrier(2) }), [true]],
  BrokenResourceError: [channel, [true]],
  CancelledError: [
    () => {
      aioloop.currentTask()?.cancel()
      return { cleanUp: () => aioloop.sleep(0) }
    },
    [],
    /CancelledError/,
  ],
  ClosedResourceError: [channel, [true]],
  EndOfChannel: [channel, [true]],
  FIRST_COMPLETED: [sleepers, []],
  FIRST_EXCEPTION: [sleepers, []],
  ALL_COMPLETED: [sleepers, []],
  Future: [bare, [true, 42]],
  Handle: [bare, [true, true]],
  IncompleteReadError: [bare, [3, 10]],
  InvalidStateError: [bare, [true]],
  LimitOverrunError: [bare, [expect.any(Uint8Array)]],
  QueueEmpty: [bare, [true]],
  QueueFull: [bare, [true]],
  QueueShutDown: [() => ({ queue: new aioloop.Queue() }), [true]],
  Task: [bare, [true, 'nap', 'rested']],
  TimeoutError: [() => ({ work: () => aioloop.sleep(60_000) }), ['too slow']],
  TimerHandle: [bare, [true, true]],
  isCancelled: [failing, ['failed', expect.any(Error)], /of the work/],
  isFuture: [bare, [false]],
}
const outside: Record<string, [Stage, unknown[], failure?: RegExp]> = {
  EventLoop: [bare, [true, false]],
  LoopStateError: [bare, [true]],
  NativeEventLoopPolicy: [bare, []],
  PortableEventLoopPolicy: [bare, []],
  Runner: [bare, [1, 2]],
  getEventLoop: [bare, [false]],
  getEventLoopPolicy: [bare, [expect.stringMatching(/^(native|portable)$/)]],
  newEventLoop: [bare, []],
  run: [bare, [42]],
  setEventLoop: [bare, [true]],
  setEventLoopPolicy: [bare, []],
}

/** Run an example as the body of an async function; gives what it printed. */
async function print(name: string, stage: Stage): Promise<unknown[]> {
  const printed: unknown[] = []
  const names = { ...aioloop, ...(await stage()), console: { log: (...args: unknown[]) => printed.push(...args) } }
  const { outputText } = ts.transpileModule(exampleOf.get(name) ?? '', {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  const AsyncFunction = (async () => {}).constructor as new (
    ...words: string[]
  ) => (...args: unknown[]) => Promise<void>
  const body = new AsyncFunction(...Object.keys(names), outputText)
  try {
    await body(...Object.values(names))
  } catch (error) {
    printed.push(String(error))
  }
  return printed
}

describe('the example of', () => {
  afterEach(() => {
    aioloop.setEventLoopPolicy(null)
    aioloop.setEventLoop(null)
  })

  const check = (printed: unknown[], expected: unknown[], failure: RegExp | undefined): void => {
    expect(printed).toEqual(failure === undefined ? expected : [...expected, expect.stringMatching(failure)])
  }

  it.each(Object.entries(inTasks))('%s does what it says', async (name, [stage, expected, failure]) => {
    check(await aioloop.run(async () => await print(name, stage)), expected, failure)
  })

  it.each(Object.entries(outside))(
    '%s does what it says, outside of a task',
    async (name, [stage, expected, failure]) => {
      check(await print(name, stage), expected, failure)
    },
  )
})
