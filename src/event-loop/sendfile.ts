/**
 * `sendfile`: a file through a transport, piece by piece, no faster than the peer takes it. The system's own sendfile is not
 * used: libuv offers it for blocking descriptors only, and TLS could not use it anyway.
 */
import type { FileHandle } from 'node:fs/promises'
import { argumentRangeError, argumentTypeError, LoopStateError, SendfileNotAvailableError } from '../base/errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { SendfileOptions } from '../loop/contract/connection.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { drive } from '../tasks/driven.ts'
import { promiseToFuture } from '../tasks/wrap-future.ts'
import { SendingProtocol } from '../transports/sending-protocol.ts'
import { StreamTransport } from '../transports/stream-transport.ts'

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
  const fd = descriptorOf(file)
  const { offset = 0, count, fallback = true } = options
  mustBeCount('options.offset', offset, 0)
  if (count !== undefined) mustBeCount('options.count', count, 1)
  if (transport.isClosing())
    throw new LoopStateError(`${CALL}: the transport is closing; send through one that is open`)
  if (transport.getProtocol() instanceof SendingProtocol) {
    throw new LoopStateError(`${CALL}: a file is being sent through this transport; wait for it`)
  }
  if (!fallback) {
    throw new SendfileNotAvailableError(
      `${CALL}: the system's own sendfile is not available here; leave out 'options.fallback' to send piece by piece`,
    )
  }
  return drive(send(scheduler, transport, fd, offset, count ?? Number.POSITIVE_INFINITY))
}

function* send(
  scheduler: Scheduler,
  transport: StreamTransport,
  fd: number,
  offset: number,
  count: number,
): Coroutine<number> {
  const protocol = new SendingProtocol(scheduler, transport)
  const memory = Buffer.allocUnsafe(Math.min(PIECE, count))
  let sent = 0
  try {
    while (sent < count) {
      yield* protocol.room()
      const bytes = yield* read(scheduler, fd, memory, Math.min(memory.length, count - sent), offset + sent)
      if (bytes === 0) break
      yield* protocol.room()
      transport.write(memory.subarray(0, bytes))
      sent += bytes
    }
    yield* protocol.room()
    return sent
  } finally {
    protocol.giveBack()
  }
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
