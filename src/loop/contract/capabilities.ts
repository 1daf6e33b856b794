/**
 * What a loop can do beyond the contract every loop keeps. A missing capability makes the methods that need it throw
 * `NotSupportedError` naming loop and capability; the table per loop in docs/capabilities.md is generated from these.
 */
export interface Capabilities {
  /** TCP, Unix sockets and pipes. */
  readonly stream: boolean
  /** TLS over streams. */
  readonly tls: boolean
  /** `sendfile` by the system itself; elsewhere it is done piece by piece. */
  readonly sendfile: boolean
  /** UDP. */
  readonly datagram: boolean
  /** UDP sockets that exist already, by their descriptor. */
  readonly datagramFd: boolean
  /** `addReader` and `addWriter` on file descriptors. */
  readonly fdWatch: boolean
  /** Several processes on one port. */
  readonly reusePort: boolean
  /** Child processes. */
  readonly subprocess: boolean
  /** `getaddrinfo` and `getnameinfo`. */
  readonly names: boolean
  /** Executors: work on other threads and processes. */
  readonly executor: boolean
  /** A form that blocks the thread, which `runSync` uses. */
  readonly standalone: boolean
  /** Wake-ups from other threads. */
  readonly threads: boolean
  /** `addSignalHandler`, on the main thread. */
  readonly signals: boolean
  /** Timers keep fractions of a millisecond. */
  readonly preciseTimers: boolean
}

export type Capability = keyof Capabilities
