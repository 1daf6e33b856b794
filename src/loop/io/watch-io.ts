/** Readiness of file descriptors that somebody else owns. */
export interface WatchEvents {
  /** Called from the turn, again and again while it is so. */
  readable(): void
  writable(): void
}

export interface RawWatch {
  /** Which of the two is asked for; both false keeps the watch at rest. */
  update(readable: boolean, writable: boolean): void
  close(): void
}

export interface WatchIo {
  /** Throws what the system refuses: EBADF, or EPERM for a regular file. */
  watch(fd: number, events: WatchEvents): RawWatch
}
