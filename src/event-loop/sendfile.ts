/**
 * `sendfile`: a file through a transport, no faster than the peer takes it. By the system itself where it can (a stream of the
 * native loop on Linux, and a file that the system can send), so that the bytes never come into this process; else piece by
 * piece, as through TLS.
 */
import type { FileHandle } from 'node:fs/promises'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { LoopStateError, SendfileNotAvailableError } from '../base/errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { SendfileOptions } from '../loop/contract/connection.ts'
import type { FileEvents, RawFileSending } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { drive } from '../tasks/driven.ts'
import { FutureState } from '../tasks/future.ts'
import { Grant } from '../tasks/grant.ts'
import { promiseToFuture } from '../tasks/wrap-future.ts'
import { SendingProtocol } from '../transports/sending-protocol.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { mustBeOwn } from './open-transport.ts'

const CALL = 'sendfile'
/** Bytes read at a time: the high-water mark, so that one piece is on its way while the next is read. */
const PIECE = 64 * 1024

export function sendfile(
  scheduler: Scheduler,
  transport: unknown,
  file: FileHandle | number,
  options: SendfileOptions = {},
): Awaitable<number> {
  mustBeOptions(CALL, options)
  if (!(transport instanceof StreamTransport)) {
    throw argumentTypeError(CALL, 'transport', 'a stream transport of this library', transport)
  }
  mustBeOwn(CALL, scheduler, transport)
  const fd = descriptorOf(file)
  const { offset = 0, count, fallback = true } = options
  mustBeCount('options.offset', offset, 0)
  if (count !== undefined) mustBeCount('options.count', count, 1)
  if (typeof fallback !== 'boolean') throw argumentTypeError(CALL, 'options.fallback', 'true or false', fallback)
  if (transport.isClosing())
    throw new LoopStateError(`${CALL}: the transport is closing; send through one that is open`)
  if (transport.getProtocol() instanceof SendingProtocol) {
    throw new LoopStateError(`${CALL}: a file is being sent through this transport; wait for it`)
  }
  if (!fallback && transport.raw.sendFile === undefined) throw notAvailable('through this transport')
  return drive(send(scheduler, transport, { fd, offset, count: count ?? Number.POSITIVE_INFINITY }, fallback))
}

/** A part of a file. */
interface Part {
  readonly fd: number
  readonly offset: number
  readonly count: number
}

function* send(scheduler: Scheduler, transport: StreamTransport, part: Part, fallback: boolean): Coroutine<number> {
  const protocol = new SendingProtocol(scheduler, transport)
  try {
    const sent = yield* sendBySystem(scheduler, transport, part, protocol)
    if (sent !== undefined) return sent
    if (!fallback) throw notAvailable('for this file')
    protocol.restoreLimits()
    return yield* sendByPieces(scheduler, transport, part, protocol)
  } finally {
    protocol.giveBack()
  }
}

/** The wait for the system. Undefined: it cannot send this, and has sent nothing. */
class SystemWait extends Grant<number | undefined> implements FileEvents {
  #sending: RawFileSending | undefined

  constructor(scheduler: Scheduler, begin: (events: FileEvents) => RawFileSending) {
    super(scheduler, CALL)
    this.#sending = begin(this)
  }

  sent(bytes: number): void {
    if (this.state === FutureState.pending) this.grant(bytes)
  }

  failed(error: SystemError, bytes: number): void {
    if (this.state !== FutureState.pending) return
    if (bytes === 0) this.grant(undefined)
    else this.refuse(error)
  }

  /** There is no connection any more. */
  lost(error: unknown): void {
    this.#sending?.close()
    if (this.state === FutureState.pending) this.refuse(error)
  }

  protected leave(): void {
    this.#sending?.close()
  }

  protected giveBack(): void {}
}

function* sendBySystem(
  scheduler: Scheduler,
  transport: StreamTransport,
  { fd, offset, count }: Part,
  protocol: SendingProtocol,
): Coroutine<number | undefined> {
  const { raw } = transport
  if (raw.sendFile === undefined) return undefined
  for (;;) {
    // What was written before goes first.
    yield* protocol.empty()
    let wait: SystemWait
    try {
      wait = new SystemWait(scheduler, (events) => (raw as Required<typeof raw>).sendFile(fd, offset, count, events))
    } catch (error) {
      // What was written in this turn stands in the way, and is counted from now on.
      if ((error as Partial<SystemError>).code === 'EBUSY' && raw.queued > 0) continue
      return undefined
    }
    protocol.whenLost((error) => wait.lost(error))
    return yield* wait
  }
}

function* sendByPieces(
  scheduler: Scheduler,
  transport: StreamTransport,
  { fd, offset, count }: Part,
  protocol: SendingProtocol,
): Coroutine<number> {
  const memory = Buffer.allocUnsafe(Math.min(PIECE, count))
  let sent = 0
  while (sent < count) {
    yield* protocol.room()
    const bytes = yield* read(scheduler, fd, memory, Math.min(memory.length, count - sent), offset + sent)
    if (bytes === 0) break
    yield* protocol.room()
    transport.writeReserved(memory.subarray(0, bytes))
    sent += bytes
  }
  yield* protocol.room()
  return sent
}

function notAvailable(where: string): SendfileNotAvailableError {
  return new SendfileNotAvailableError(
    `${CALL}: the system's own sendfile is not available ${where}; leave out 'options.fallback' to send piece by piece`,
  )
}

/** On Node's pool of threads; a loop that blocks gets nothing from there, and reads by itself. */
function* read(scheduler: Scheduler, fd: number, memory: Buffer, count: number, position: number): Coroutine<number> {
  const fs = process.getBuiltinModule('node:fs')
  if (scheduler.backend.standalone) return fs.readSync(fd, memory, 0, count, position)
  const reading = new Promise<number>((resolve, reject) => {
    fs.read(fd, memory, 0, count, position, (error, bytes) => (error === null ? resolve(bytes) : reject(error)))
  })
  return yield* promiseToFuture(scheduler, reading)
}

function descriptorOf(file: FileHandle | number): number {
  const fd: unknown = typeof file === 'number' ? file : (file as FileHandle | undefined)?.fd
  if (typeof fd !== 'number') throw argumentTypeError(CALL, 'file', 'a FileHandle or a file descriptor', file)
  if (!Number.isInteger(fd) || fd < 0) throw argumentRangeError(CALL, 'file', 'an open file', file)
  return fd
}

function mustBeCount(argument: string, value: unknown, least: number): void {
  if (typeof value !== 'number') throw argumentTypeError(CALL, argument, 'a number of bytes', value)
  if (Number.isSafeInteger(value) && value >= least) return
  throw argumentRangeError(CALL, argument, `a whole number of bytes, ${least} or more`, value)
}
