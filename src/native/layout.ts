/**
 * The TypeScript mirror of native/rings.h: where everything lies in the memory that both sides share. The addon exports its
 * own list; `layoutMismatch` compares the two when it is loaded, so a binary of another version is refused with the name of
 * what differs, and never writes where nobody looks.
 *
 * Words are indexes into the header as 32-bit words, numbers into the header as doubles.
 */
export const SUBMISSION_HEAD = 4
export const SUBMISSION_TAIL = 5
export const COMPLETION_HEAD = 6
export const COMPLETION_TAIL = 7
/** 1 while JavaScript runs in a turn: C++ looks at the rings again when that returns. */
export const INSIDE = 8
/** 1: a turn is asked for. */
export const READY = 9
/** 1: no call is needed to keep the next poll from waiting. */
export const AWAKE = 10
/** 1: completions remain that the ring had no room for. */
export const MORE = 11
/** Reads that JavaScript has looked at: C++ uses their memory again when it has looked at all. */
export const CONSUMED = 12
/** Bytes used of the send slab. */
export const SEND_TAIL = 13
/** How often C++ has emptied the send slab. */
export const SEND_EPOCH = 14
/** The id of the stream that the next direct write is for. */
export const WRITE_TO = 15
/** The answer of `ipv4Names`. */
export const LOCAL_ADDRESS = 28
export const LOCAL_PORT = 29
export const PEER_ADDRESS = 30
export const PEER_PORT = 31

export const TURN_STARTED = 8
export const TURNS = 9
export const RECORDS = 10
export const MAX_LAG = 13

export const HEADER_BYTES = 128
/** A submission is one word, `op << SLOT_BITS | slot`. */
export const SLOT_BITS = 24
export const SUBMIT_NOTHING = 0
export const SUBMIT_START_TIMER = 1
export const SUBMIT_CANCEL_TIMER = 2
/** From here on the slot is one of an I/O object. */
export const SUBMIT_CLOSE = 3
export const SUBMIT_READ_START = 4
export const SUBMIT_READ_STOP = 5
export const SUBMIT_SHUTDOWN = 6
export const SUBMIT_RESET = 7
export const SUBMIT_PAUSE = 8
export const SUBMIT_RESUME = 9
export const SUBMIT_KEEP = 10
export const SUBMIT_LEAVE = 11
/** Close; COMPLETE_CLOSED may wait for a turn that something else asks for. */
export const SUBMIT_RETIRE = 12
/** A completion is this many words, `{op, id, a, b}`. */
export const COMPLETION_WORDS = 4
export const COMPLETE_NOTHING = 0
export const COMPLETE_TIMER = 1
export const COMPLETE_SIGNAL = 2
export const COMPLETE_WAKE = 3
/** From here on the id is of an I/O object: `generation << SLOT_BITS | slot`. */
export const COMPLETE_CLOSED = 4
/** A look-up is over: a is the code of its failure, without its sign, or 0. */
export const COMPLETE_LOOKUP = 64
/** A descriptor is ready: a has the bits 1 for readable, 2 for writable. */
export const COMPLETE_READY = 65
/** A child ended: a is its exit code, b the number of the signal that ended it, or 0. */
export const COMPLETE_EXITED = 48
export const COMPLETE_CONNECTED = 5
/** Offset in the read slab, and bytes. */
export const COMPLETE_RECEIVED = 6
export const COMPLETE_ENDED = 7
export const COMPLETE_DRAINED = 8
export const COMPLETE_FINISHED = 9
/** libuv's code made positive, and what failed. */
export const COMPLETE_FAILED = 10
/** The id of the new stream. */
export const COMPLETE_ACCEPTED = 11

export const SMALLEST_CAPACITY = 4
export const LARGEST_CAPACITY = 1 << 20

const LAYOUT: Readonly<Record<string, number>> = {
  magic: 0x41494f4c,
  abiVersion: 12,
  headerBytes: HEADER_BYTES,
  submissionWords: 1,
  completionWords: COMPLETION_WORDS,
  slotBits: SLOT_BITS,
  smallestCapacity: SMALLEST_CAPACITY,
  largestCapacity: LARGEST_CAPACITY,
  submissionHead: SUBMISSION_HEAD,
  submissionTail: SUBMISSION_TAIL,
  completionHead: COMPLETION_HEAD,
  completionTail: COMPLETION_TAIL,
  inside: INSIDE,
  ready: READY,
  awake: AWAKE,
  more: MORE,
  consumed: CONSUMED,
  sendTail: SEND_TAIL,
  sendEpoch: SEND_EPOCH,
  writeTo: WRITE_TO,
  localAddress: LOCAL_ADDRESS,
  localPort: LOCAL_PORT,
  peerAddress: PEER_ADDRESS,
  peerPort: PEER_PORT,
  turnStarted: TURN_STARTED,
  turns: TURNS,
  records: RECORDS,
  drops: 11,
  timers: 12,
  maxLag: MAX_LAG,
  submitNothing: SUBMIT_NOTHING,
  submitStartTimer: SUBMIT_START_TIMER,
  submitCancelTimer: SUBMIT_CANCEL_TIMER,
  submitClose: SUBMIT_CLOSE,
  submitKeep: SUBMIT_KEEP,
  submitLeave: SUBMIT_LEAVE,
  submitReadStart: SUBMIT_READ_START,
  submitReadStop: SUBMIT_READ_STOP,
  submitShutdown: SUBMIT_SHUTDOWN,
  submitReset: SUBMIT_RESET,
  submitPause: SUBMIT_PAUSE,
  submitResume: SUBMIT_RESUME,
  submitRetire: SUBMIT_RETIRE,
  completeNothing: COMPLETE_NOTHING,
  completeTimer: COMPLETE_TIMER,
  completeSignal: COMPLETE_SIGNAL,
  completeWake: COMPLETE_WAKE,
  completeClosed: COMPLETE_CLOSED,
  completeLookup: COMPLETE_LOOKUP,
  completeReady: COMPLETE_READY,
  completeExited: COMPLETE_EXITED,
  completeConnected: COMPLETE_CONNECTED,
  completeReceived: COMPLETE_RECEIVED,
  completeEnded: COMPLETE_ENDED,
  completeDrained: COMPLETE_DRAINED,
  completeFinished: COMPLETE_FINISHED,
  completeFailed: COMPLETE_FAILED,
  completeAccepted: COMPLETE_ACCEPTED,
}

/** What differs between the addon's layout and ours, as a sentence; undefined when they are equal. */
export function layoutMismatch(theirs: unknown): string | undefined {
  if (typeof theirs !== 'object' || theirs === null) return 'it exports no layout'
  const fields = new Map<string, unknown>(Object.entries(theirs))
  for (const name of new Set([...Object.keys(LAYOUT), ...fields.keys()])) {
    if (fields.get(name) !== LAYOUT[name]) {
      return `${name} is ${fields.get(name)} in the addon and ${LAYOUT[name]} in this package`
    }
  }
  return undefined
}
