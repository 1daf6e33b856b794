/**
 * Errors that nobody took end here: nothing is swallowed. A loop owns one of these; `EventLoop` forwards to it.
 *
 * The order of last resorts is asyncio's: the user's handler, then the default handler, then plain text on stderr.
 */
import { AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import { argumentTypeError } from '../base/argument-errors.ts'
import type { EventLoop, ExceptionContext, ExceptionHandler } from './contract/event-loop.ts'

export class ExceptionReporter {
  readonly #loop: EventLoop
  #handler: ExceptionHandler | null = null

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  get handler(): ExceptionHandler | null {
    return this.#handler
  }

  set handler(handler: ExceptionHandler | null) {
    if (handler !== null && typeof handler !== 'function') {
      throw argumentTypeError('setExceptionHandler', 'handler', 'a function or null', handler)
    }
    this.#handler = handler
  }

  /** Never throws. The user's handler runs in the async context of what failed. */
  report(context: ExceptionContext): void {
    const handler = this.#handler
    if (handler === null) return this.#reportByDefault(context)
    try {
      const source = contextOf(context)
      if (source === undefined) handler(this.#loop, context)
      else source.runInAsyncScope(handler, undefined, this.#loop, context)
    } catch (exception) {
      this.#reportByDefault({ message: 'Unhandled error in exception handler', exception, context })
    }
  }

  #reportByDefault(context: ExceptionContext): void {
    try {
      this.#loop.defaultExceptionHandler(context)
    } catch (exception) {
      process.stderr.write(
        `Exception in default exception handler while handling ${context.message}: ${inspect(exception)}\n`,
      )
    }
  }
}

/** Stacks that debug mode adds to a report. */
const TRACEBACKS: Readonly<Record<string, string>> = {
  sourceTraceback: 'Object created at',
  handleTraceback: 'Handle created at',
  waitTraceback: 'Last waited at',
}

/** What the default handler prints: the message, every key in order, and the error with its stack. */
export function formatContext(context: ExceptionContext): string {
  const lines = [context.message || 'Unhandled exception in event loop']
  for (const key of Object.keys(context).sort()) {
    if (key === 'message' || key === 'exception') continue
    const title = TRACEBACKS[key]
    if (title !== undefined && typeof context[key] === 'string') {
      lines.push(`${title} (most recent call first):`, context[key])
      continue
    }
    lines.push(`${key}: ${inspect(context[key], { depth: 1 })}`)
  }
  if ('exception' in context) lines.push(inspect(context.exception))
  return lines.join('\n')
}

function contextOf(context: ExceptionContext): AsyncResource | undefined {
  for (const source of [context.task, context.future, context.handle]) {
    if (source instanceof AsyncResource) return source
    if (source !== undefined && 'context' in source && source.context instanceof AsyncResource) return source.context
  }
  return undefined
}
