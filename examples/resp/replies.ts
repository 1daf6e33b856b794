// Replies as bytes, one function for each kind that RESP has.

export type Reply = Buffer

export const OK = status('OK')
export const NULL: Reply = Buffer.from('$-1\r\n')

export function status(text: string): Reply {
  return Buffer.from(`+${text}\r\n`)
}

/** A line by itself: line ends in `text` would end the reply early. */
export function error(text: string): Reply {
  return Buffer.from(`-ERR ${text.replace(/[\r\n]+/g, ' ')}\r\n`)
}

export function integer(value: number): Reply {
  return Buffer.from(`:${value}\r\n`)
}

export function bulk(bytes: Buffer): Reply {
  return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')])
}

export function list(replies: readonly Reply[]): Reply {
  return Buffer.concat([Buffer.from(`*${replies.length}\r\n`), ...replies])
}
