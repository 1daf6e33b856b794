/**
 * The methods of an event loop that need a capability which no loop has yet: each throws `NotSupportedError` naming the loop
 * and the capability. A family leaves this file when it gets its own beside this one.
 */
import { NotSupportedError } from '../base/errors.ts'
import type { Capability } from '../loop/contract/capabilities.ts'

export abstract class Unsupported {
  /** The name of the loop. */
  abstract readonly name: string

  #lacks(method: string, capability: Capability): never {
    throw new NotSupportedError(method, this.name, capability)
  }

  runInExecutor(..._args: unknown[]): never {
    return this.#lacks('runInExecutor', 'executor')
  }
  setDefaultExecutor(..._args: unknown[]): never {
    return this.#lacks('setDefaultExecutor', 'executor')
  }
  shutdownDefaultExecutor(..._args: unknown[]): never {
    return this.#lacks('shutdownDefaultExecutor', 'executor')
  }
}
