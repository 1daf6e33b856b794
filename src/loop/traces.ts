/**
 * Stacks that debug mode remembers: where a task, future or handle was made, and where a task began its last wait. They
 * hang on the things by weak maps, so that the things themselves carry no field for them and nothing is paid outside debug
 * mode. A stack is captured raw and made into text only when somebody reads it.
 *
 * The library's own frames are left out: what matters is the place in the program. (Where library and program were bundled
 * into one file nobody can tell them apart; then all frames are shown.)
 */

/** What a reader sees of a stack at the most; asyncio's number. */
const SHOWN_FRAMES = 10
/** Of these some are the library's own. */
const CAPTURED_FRAMES = 40

interface Trace {
  readonly stack: unknown
}

const origins = new WeakMap<object, Trace>()
const waits = new WeakMap<object, Trace>()

/** `thing` is being made here. Only in debug mode. */
export function noteOrigin(thing: object): void {
  origins.set(thing, capture())
}

/** `task` begins to wait here, called from within its coroutine. Only in debug mode. */
export function noteWait(task: object): void {
  waits.set(task, capture())
}

/** The frames of where `thing` was made, most recent call first, one a line; undefined when debug mode was off then. */
export function originOf(thing: object): string | undefined {
  return textOf(origins.get(thing))
}

/** The frames of where `task` began its last wait; undefined when debug mode was off then, or it never waited. */
export function lastWaitOf(task: object): string | undefined {
  return textOf(waits.get(task))
}

/** For inspect: ` created at file:line:column`, or nothing. */
export function createdAt(thing: object): string {
  const place = placeOf(originOf(thing))
  return place === undefined ? '' : ` created at ${place}`
}

/** The file, line and column of the first frame of a stack. */
export function placeOf(stack: string | undefined): string | undefined {
  if (stack === undefined) return undefined
  const [first = ''] = stack.split('\n')
  return /\(([^()]*:\d+:\d+)\)$/.exec(first)?.[1] ?? first.replace(/^\s*at (async )?/, '')
}

function capture(): Trace {
  const trace: { stack?: unknown } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = CAPTURED_FRAMES
  Error.captureStackTrace(trace, capture)
  Error.stackTraceLimit = limit
  return trace as Trace
}

function textOf(trace: Trace | undefined): string | undefined {
  if (trace === undefined) return undefined
  const frames = framesOf(String(trace.stack))
  const own = frames.filter(isProgram)
  return (own.length > 0 ? own : frames).slice(0, SHOWN_FRAMES).join('\n') || undefined
}

/** The lines of a stack that are frames. */
export function framesOf(stack: string): string[] {
  return stack.split('\n').filter((line) => /^\s+at /.test(line))
}

/** Not the library's and not Node's own. */
export function isProgram(frame: string): boolean {
  return !/\(?node:/.test(frame) && !frame.includes('<anonymous>') && !LIBRARY.some((place) => frame.includes(place))
}

/** Where the library's code is: its source folder, or the built file and the sources that source maps lead to. */
const LIBRARY = libraryPlaces(import.meta.url)

function libraryPlaces(url: string): string[] {
  const path = url.replace(/^file:\/\//, '')
  const source = /^(.*\/)loop\/traces\.ts$/.exec(path)
  if (source !== null) return [source[1] as string]
  const built = /^(.*\/)dist\/[^/]+$/.exec(path)
  return built === null ? [path] : [path, `${built[1]}src/`]
}
