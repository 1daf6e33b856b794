/** The check of every call that needs an open loop. */
import { LoopStateError } from '../base/errors.ts'

export function mustBeOpen({ closed }: { readonly closed: boolean }, call: string): void {
  if (closed) throw new LoopStateError(`${call}: the event loop is closed; make another with newEventLoop()`)
}
