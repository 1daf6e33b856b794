/** What reports and `inspect` say of a task: what it is made of, and what it waits for. */
import { type Callback, callbackName } from '../loop/handle.ts'
import { originOf } from '../loop/traces.ts'
import type { Frame } from './frame.ts'

/** Debug mode: where the innermost wait of a body was made. */
export function innermostOrigin(frame: Frame): string | undefined {
  for (const { body, source } of frame.waits()) {
    const found = (body === undefined ? undefined : innermostOrigin(body)) ?? originOf(source)
    if (found !== undefined) return found
  }
  return undefined
}

export function nameOfWait(wait: object): string {
  const { [Symbol.toStringTag]: kind, getName } = wait as { [Symbol.toStringTag]?: string; getName?: () => string }
  return kind === 'Task' && getName !== undefined ? `task ${JSON.stringify(getName.call(wait))}` : String(kind)
}

export function nameOfCoro(coro: unknown): string {
  return typeof coro === 'function' ? callbackName(coro as Callback) : 'generator'
}
