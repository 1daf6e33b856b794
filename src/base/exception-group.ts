/**
 * ExceptionGroup: several errors that happened side by side, thrown as one. Groups may hold groups; the tree is kept, taken
 * apart by `split` and `subgroup`, and shown as a tree by `util.inspect` (so by `console.error` and by Node's report of an
 * uncaught error). A cancellation is never a member of a group that the library makes.
 */
import { argumentRangeError, argumentTypeError } from './argument-errors.ts'

type ErrorClass = abstract new (...args: never[]) => unknown

/** Which errors: those of a class, of any of some classes, or those for which a function says true. */
export type ErrorCondition = ErrorClass | readonly ErrorClass[] | ((error: unknown) => boolean)

type Inspect = (value: unknown, options?: object) => string

const BRAND = Symbol.for('aioloop.v1.ExceptionGroup')
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Errors that happened side by side. `errors` has them in the order in which they came. Stands for `ExceptionGroup`.
 *
 * @example
 * ```ts
 * try {
 *   await taskGroup(async (tg) => {
 *     tg.createTask(async () => JSON.parse('{'))
 *   })
 * } catch (err) {
 *   if (!(err instanceof ExceptionGroup)) throw err
 *   const [syntax, rest] = err.split(SyntaxError)
 *   if (rest !== undefined) throw rest
 *   console.log(syntax?.errors.length)
 * }
 * ```
 */
export class ExceptionGroup extends AggregateError {
  override readonly name: string = 'ExceptionGroup'
  readonly code: string = 'ERR_AIOLOOP_EXCEPTION_GROUP'

  /** @throws TypeError or RangeError when `errors` is no list, or an empty one. */
  constructor(message: string, errors: Iterable<unknown>, options?: ErrorOptions) {
    if (typeof (errors as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] !== 'function') {
      throw argumentTypeError('ExceptionGroup', 'errors', 'a list of errors', errors)
    }
    super(errors, message, options)
    if (this.errors.length === 0) throw argumentRangeError('ExceptionGroup', 'errors', 'a list of at least one', errors)
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === ExceptionGroup
      ? typeof value === 'object' && value !== null && BRAND in value
      : Function.prototype[Symbol.hasInstance].call(this, value)
  }

  /**
   * A group like this one with other errors: what `split` and `subgroup` call. A subclass overrides it to stay itself.
   * Stands for `ExceptionGroup.derive`.
   */
  derive(errors: readonly unknown[]): ExceptionGroup {
    return new ExceptionGroup(this.message, errors)
  }

  /**
   * The part of the tree whose leaves (or whole groups) match, with the nesting kept; undefined when nothing does.
   * Stands for `ExceptionGroup.subgroup`.
   */
  subgroup(condition: ErrorCondition): ExceptionGroup | undefined {
    return this.split(condition)[0]
  }

  /** What matches and the rest, each undefined when empty. Stands for `ExceptionGroup.split`. */
  split(condition: ErrorCondition): [ExceptionGroup | undefined, ExceptionGroup | undefined] {
    return splitGroup(this, predicateOf(condition))
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return drawTree(this, (error) => inspect(error, options)).join('\n')
  }
}
Object.defineProperty(ExceptionGroup.prototype, BRAND, { value: true })

function predicateOf(condition: ErrorCondition): (error: unknown) => boolean {
  const classes: readonly unknown[] = Array.isArray(condition) ? condition : [condition]
  if (classes.length === 0 || !classes.every((one) => typeof one === 'function')) {
    throw argumentTypeError('split', 'condition', 'an error class, a list of them or a function', condition)
  }
  if (classes.every(isErrorClass)) return (error) => classes.some((one) => error instanceof (one as never))
  if (classes.length === 1) return condition as (error: unknown) => boolean
  throw argumentTypeError('split', 'condition', 'a list of error classes', condition)
}

function isErrorClass(value: unknown): boolean {
  return value === Error || (value as { prototype?: unknown }).prototype instanceof Error
}

type Parts = [ExceptionGroup | undefined, ExceptionGroup | undefined]

function splitGroup(group: ExceptionGroup, matches: (error: unknown) => boolean): Parts {
  if (matches(group)) return [group, undefined]
  const matching: unknown[] = []
  const rest: unknown[] = []
  for (const error of group.errors as unknown[]) {
    if (error instanceof ExceptionGroup) {
      const [inside, outside] = splitGroup(error, matches)
      if (inside !== undefined) matching.push(inside)
      if (outside !== undefined) rest.push(outside)
    } else if (matches(error)) matching.push(error)
    else rest.push(error)
  }
  return [deriveFrom(group, matching), deriveFrom(group, rest)]
}

/** What a derived group takes over whatever `derive` does: where it was thrown, and why. */
function deriveFrom(group: ExceptionGroup, errors: readonly unknown[]): ExceptionGroup | undefined {
  if (errors.length === 0) return undefined
  const derived = group.derive(errors)
  if (group.stack !== undefined) derived.stack = group.stack
  if (group.cause !== undefined) derived.cause = group.cause
  return derived
}

function drawTree(group: ExceptionGroup, show: (error: unknown) => string): string[] {
  const count = group.errors.length
  const head = group.stack ?? `${group.name}: ${group.message}`
  const lines = head.split('\n')
  lines[0] += ` (${count} ${count === 1 ? 'error' : 'errors'})`
  group.errors.forEach((error: unknown, index) => {
    const inner = error instanceof ExceptionGroup ? drawTree(error, show) : show(error).split('\n')
    const last = index === count - 1
    inner.forEach((line, at) => {
      const edge = at === 0 ? (last ? '└─ ' : '├─ ') : last ? '   ' : '│  '
      lines.push(edge + line)
    })
  })
  if (group.cause !== undefined) lines.push(`[cause]: ${show(group.cause)}`)
  return lines
}
