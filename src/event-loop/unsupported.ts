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

  /** Not supported yet: needs `stream`. Stands for `loop.create_connection`. */
  createConnection(..._args: unknown[]): never {
    return this.#lacks('createConnection', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.create_server`. */
  createServer(..._args: unknown[]): never {
    return this.#lacks('createServer', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.create_unix_connection`. */
  createUnixConnection(..._args: unknown[]): never {
    return this.#lacks('createUnixConnection', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.create_unix_server`. */
  createUnixServer(..._args: unknown[]): never {
    return this.#lacks('createUnixServer', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.connect_accepted_socket`. */
  connectAcceptedSocket(..._args: unknown[]): never {
    return this.#lacks('connectAcceptedSocket', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.start_tls`. */
  startTls(..._args: unknown[]): never {
    return this.#lacks('startTls', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.sendfile`. */
  sendfile(..._args: unknown[]): never {
    return this.#lacks('sendfile', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.connect_read_pipe`. */
  connectReadPipe(..._args: unknown[]): never {
    return this.#lacks('connectReadPipe', 'stream')
  }
  /** Not supported yet: needs `stream`. Stands for `loop.connect_write_pipe`. */
  connectWritePipe(..._args: unknown[]): never {
    return this.#lacks('connectWritePipe', 'stream')
  }
  /** Not supported yet: needs `datagram`. Stands for `loop.create_datagram_endpoint`. */
  createDatagramEndpoint(..._args: unknown[]): never {
    return this.#lacks('createDatagramEndpoint', 'datagram')
  }
  /** Not supported yet: needs `names`. Stands for `loop.getaddrinfo`. */
  getaddrinfo(..._args: unknown[]): never {
    return this.#lacks('getaddrinfo', 'names')
  }
  /** Not supported yet: needs `names`. Stands for `loop.getnameinfo`. */
  getnameinfo(..._args: unknown[]): never {
    return this.#lacks('getnameinfo', 'names')
  }
  /** Not supported yet: needs `subprocess`. Stands for `loop.subprocess_exec`. */
  subprocessExec(..._args: unknown[]): never {
    return this.#lacks('subprocessExec', 'subprocess')
  }
  /** Not supported yet: needs `subprocess`. Stands for `loop.subprocess_shell`. */
  subprocessShell(..._args: unknown[]): never {
    return this.#lacks('subprocessShell', 'subprocess')
  }
  /** Not supported yet: needs `fdWatch`. Stands for `loop.add_reader`. */
  addReader(..._args: unknown[]): never {
    return this.#lacks('addReader', 'fdWatch')
  }
  /** Not supported yet: needs `fdWatch`. Stands for `loop.remove_reader`. */
  removeReader(..._args: unknown[]): never {
    return this.#lacks('removeReader', 'fdWatch')
  }
  /** Not supported yet: needs `fdWatch`. Stands for `loop.add_writer`. */
  addWriter(..._args: unknown[]): never {
    return this.#lacks('addWriter', 'fdWatch')
  }
  /** Not supported yet: needs `fdWatch`. Stands for `loop.remove_writer`. */
  removeWriter(..._args: unknown[]): never {
    return this.#lacks('removeWriter', 'fdWatch')
  }
  /** Not supported yet: needs `executor`. Stands for `loop.run_in_executor`. */
  runInExecutor(..._args: unknown[]): never {
    return this.#lacks('runInExecutor', 'executor')
  }
  /** Not supported yet: needs `executor`. Stands for `loop.set_default_executor`. */
  setDefaultExecutor(..._args: unknown[]): never {
    return this.#lacks('setDefaultExecutor', 'executor')
  }
  /** Not supported yet: needs `executor`. Stands for `loop.shutdown_default_executor`. */
  shutdownDefaultExecutor(..._args: unknown[]): never {
    return this.#lacks('shutdownDefaultExecutor', 'executor')
  }
}
