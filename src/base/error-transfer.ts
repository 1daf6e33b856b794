/**
 * Errors on their way to another thread or process: as plain data, and back as an error that reads like the one that was
 * thrown. Class name, message, stack, cause and own properties survive, and what was thrown in place of an error; what cannot
 * be cloned as the words that `util.inspect` has for it. The nearest class that both sides know (JavaScript's own and those of
 * this library) is restored, any other comes back as an Error with the name it had.
 */
import * as errors from './errors.ts'
import { ExceptionGroup } from './exception-group.ts'
import * as queueErrors from './queue-errors.ts'
import * as streamErrors from './stream-errors.ts'

/** An error as data that every way of cloning takes. It may refer to itself, as an error may: clones keep that. */
export interface PackedError {
  readonly name: string
  /** Its class and those above it, by name. */
  readonly classes?: readonly string[]
  readonly message: string
  readonly stack: string | undefined
  cause?: PackedValue
  errors?: readonly PackedValue[]
  readonly fields: Record<string, string | number | boolean | null | undefined>
  /** The fields that are objects. */
  objects?: Record<string, PackedValue>
}

export type PackedValue = { readonly error: PackedError } | { readonly value: unknown }

const RESTORED: Readonly<Record<string, { readonly prototype: object }>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  ExceptionGroup,
  ...Object.fromEntries(
    Object.entries({ ...errors, ...queueErrors, ...streamErrors }).filter(
      ([, value]) => typeof value === 'function' && value.prototype instanceof Error,
    ),
  ),
}

/**
 * Never throws, whatever was thrown: getters and proxies run here. Self-contained, and must stay so: executors/ sends its
 * source to threads that do not load this package.
 */
export function packThrown(thrown: unknown): PackedValue {
  /** Deeper causes are left out. */
  const mostCauses = 16
  /** Those that name their classes by a property that all have. */
  const builtIn = /^(Error|(Eval|Range|Reference|Syntax|Type|URI|Aggregate)Error)$/
  const packed = new Map<Error, { readonly error: PackedError }>()
  const isPlain = (value: unknown): value is string | number | boolean | null | undefined =>
    value === null || !['object', 'function', 'symbol', 'bigint'].includes(typeof value)

  /** What `read` gives, or what `otherwise` makes of the reason why it throws. */
  function tried<T>(read: () => T, otherwise: (why: string) => T): T {
    try {
      return read()
    } catch (error) {
      let why = 'it throws'
      try {
        why = error instanceof Error ? String(error.message) : String(error)
      } catch {}
      return otherwise(why)
    }
  }

  function classesOf(error: Error): string[] {
    const names: string[] = []
    for (
      let type = Object.getPrototypeOf(error);
      type !== null && names.length < 32;
      type = Object.getPrototypeOf(type)
    ) {
      const name: unknown = Object.hasOwn(type, 'constructor') && type.constructor?.name
      if (typeof name === 'string' && name !== '' && name !== 'Object') names.push(name)
    }
    return names
  }

  /** Some classes name themselves by their constructor only. */
  function nameOf(error: Error, classes: readonly string[]): string {
    const name = String(error.name)
    return builtIn.test(name) && !Object.hasOwn(error, 'name') ? (classes[0] ?? name) : name
  }

  /** A clone of it, so that nothing of its own runs when it is sent; or words for it. */
  function cloneOf(value: unknown): unknown {
    const { deserialize, serialize } = process.getBuiltinModule('node:v8')
    const { inspect } = process.getBuiltinModule('node:util')
    return tried(
      () => deserialize(serialize(value)),
      () =>
        tried(
          () => inspect(value),
          (why) => `a value that cannot be read: ${why}`,
        ),
    )
  }

  const unread = (why: string): string => `it cannot be read: ${why}`

  function packFields(error: Error, made: PackedError, depth: number): void {
    const keys = tried(
      () => Object.keys(error),
      () => [],
    )
    for (const key of keys) {
      if (['stack', 'message', 'name', 'cause', 'errors', '__proto__'].includes(key)) continue
      const value: unknown = tried(() => error[key as keyof Error], unread)
      if (isPlain(value)) made.fields[key] = value
      else if (depth < mostCauses) made.objects = { ...made.objects, [key]: pack(value, depth + 1) }
    }
  }

  function packBelow(error: Error, made: PackedError, depth: number): void {
    const hasCause = tried(
      () => 'cause' in error,
      () => false,
    )
    if (hasCause) {
      made.cause = pack(
        tried(() => error.cause, unread),
        depth + 1,
      )
    }
    const many: unknown = tried(() => (error as Error & { errors?: unknown }).errors, unread)
    if (Array.isArray(many)) made.errors = many.map((one) => pack(one, depth + 1))
    else if (many !== undefined) made.objects = { ...made.objects, errors: pack(many, depth + 1) }
  }

  function packError(error: Error, depth: number): PackedValue {
    const known = packed.get(error)
    if (known !== undefined) return known
    const classes = tried(
      () => classesOf(error),
      () => [],
    )
    const stack: unknown = tried(
      () => error.stack,
      () => undefined,
    )
    const made: PackedError = {
      name: tried(
        () => nameOf(error, classes),
        () => classes[0] ?? 'Error',
      ),
      classes,
      message: tried(() => String(error.message), unread),
      stack: typeof stack === 'string' ? stack : undefined,
      fields: {},
    }
    const result = { error: made }
    packed.set(error, result)
    packFields(error, made, depth)
    if (depth < mostCauses) packBelow(error, made, depth)
    return result
  }

  function pack(value: unknown, depth: number): PackedValue {
    const isError = tried(
      () => value instanceof Error,
      () => false,
    )
    if (isError) return packError(value as Error, depth)
    return { value: isPlain(value) || typeof value === 'bigint' ? value : cloneOf(value) }
  }

  return tried(
    () => pack(thrown, 0),
    (why) => ({ value: `what was thrown cannot be read: ${why}` }),
  )
}

/** The value to throw. `note` is put behind the stack, to say where it came from. */
export function unpackThrown(packed: PackedValue, note?: string): unknown {
  return unpack(packed, note, new Map())
}

type Made = Map<PackedError, Error>

function unpack(packed: PackedValue, note: string | undefined, made: Made): unknown {
  return 'error' in packed ? unpackError(packed.error, note, made) : packed.value
}

function unpackError(packed: PackedError, note: string | undefined, made: Made): Error {
  const known = made.get(packed)
  if (known !== undefined) return known
  const error = new Error(packed.message)
  made.set(packed, error)
  const type = [packed.name, ...(packed.classes ?? [])].find((name) => Object.hasOwn(RESTORED, name))
  if (type !== undefined) Object.setPrototypeOf(error, (RESTORED[type] as { prototype: object }).prototype)
  hidden(
    error,
    'stack',
    `${packed.stack ?? `${packed.name}: ${packed.message}`}${note === undefined ? '' : `\n${note}`}`,
  )
  if (packed.cause !== undefined) hidden(error, 'cause', unpack(packed.cause, undefined, made))
  if (packed.errors !== undefined) {
    hidden(
      error,
      'errors',
      packed.errors.map((one) => unpack(one, undefined, made)),
    )
  }
  const objects = Object.entries(packed.objects ?? {}).map(([key, value]) => [key, unpack(value, undefined, made)])
  for (const [key, value] of [...Object.entries(packed.fields), ...objects] as [string, unknown][]) {
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true })
  }
  if (error.name !== packed.name) hidden(error, 'name', packed.name)
  return error
}

function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true })
}
