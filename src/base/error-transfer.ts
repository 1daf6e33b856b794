/**
 * Errors on their way to another thread or process: as plain data, and back as an error that reads like the one that was
 * thrown. Class name, message, stack, cause and plain properties survive; a class that both sides know (JavaScript's own
 * and those of this library) is restored, any other comes back as an Error with the name it had.
 */
import * as errors from './errors.ts'
import { ExceptionGroup } from './exception-group.ts'

/** An error as data that every way of cloning takes. Values thrown that are no errors travel as they are, if they can. */
export interface PackedError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly cause?: PackedValue
  readonly errors?: readonly PackedValue[]
  readonly fields: Readonly<Record<string, string | number | boolean | null | undefined>>
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
    Object.entries(errors).filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error),
  ),
}

/** Self-contained, and must stay so: executors/ sends its source to threads that do not load this package. */
export function packThrown(thrown: unknown): PackedValue {
  /** Deeper causes are left out: a chain may be a ring. */
  const mostCauses = 16
  const isPlain = (value: unknown): value is string | number | boolean | null | undefined =>
    value === null || !['object', 'function', 'symbol', 'bigint'].includes(typeof value)

  /** Some classes name themselves by their constructor only. */
  function nameOf(error: Error): string {
    const own = error.constructor?.name
    return error.name !== 'Error' || own === undefined || own === '' ? String(error.name) : own
  }

  function packError(error: Error, depth: number): PackedError {
    const fields: Record<string, string | number | boolean | null | undefined> = {}
    for (const [key, value] of Object.entries(error)) {
      if (key !== 'stack' && key !== 'message' && key !== 'name' && isPlain(value)) fields[key] = value
    }
    const { errors: many } = error as Error & { errors?: unknown }
    const deeper = depth < mostCauses
    return {
      name: nameOf(error),
      message: String(error.message),
      stack: typeof error.stack === 'string' ? error.stack : undefined,
      fields,
      ...('cause' in error && deeper && { cause: pack(error.cause, depth + 1) }),
      ...(Array.isArray(many) && deeper && { errors: many.map((one) => pack(one, depth + 1)) }),
    }
  }

  /** What was thrown in place of an error travels as it is, or as words for it. */
  function pack(value: unknown, depth: number): PackedValue {
    if (value instanceof Error) return { error: packError(value, depth) }
    return { value: isPlain(value) || typeof value === 'bigint' ? value : String(value) }
  }

  return pack(thrown, 0)
}

/** The value to throw. `note` is put behind the stack, to say where it came from. */
export function unpackThrown(packed: PackedValue, note?: string): unknown {
  return 'error' in packed ? unpackError(packed.error, note) : packed.value
}

function unpackError(packed: PackedError, note: string | undefined): Error {
  const error = new Error(packed.message, packed.cause && { cause: unpackThrown(packed.cause) })
  const known = Object.hasOwn(RESTORED, packed.name) ? RESTORED[packed.name] : undefined
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype)
  hidden(
    error,
    'stack',
    `${packed.stack ?? `${packed.name}: ${packed.message}`}${note === undefined ? '' : `\n${note}`}`,
  )
  if (packed.errors !== undefined) {
    hidden(
      error,
      'errors',
      packed.errors.map((one) => unpackThrown(one)),
    )
  }
  Object.assign(error, packed.fields)
  if (error.name !== packed.name) hidden(error, 'name', packed.name)
  return error
}

function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, enumerable: false, configurable: true, writable: true })
}
