// From the bytes of a connection to requests: lists of words, in either of the two ways a client may write them.
//
// Bytes come in any pieces. What is not yet a whole request stays here, and reading goes on where it stopped, so that a
// large value that arrives in a thousand pieces is looked at once. Throws RequestError for what is no request at all.

/** As Redis has them: they bound what one client can make a server keep. */
const MOST_WORDS = 1 << 20
const LONGEST_WORD = 512 << 20
const LONGEST_LINE = 64 << 10
/** More than this is given back between requests. */
const MEMORY_KEPT = 1 << 20

const NEWLINE = 10
const RETURN = 13
const STAR = 42
const DOLLAR = 36
const NOTHING = Buffer.alloc(0)

/** The connection cannot go on: nobody knows where the next request begins. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
}

export class RequestReader {
  #memory = NOTHING
  #from = 0
  #to = 0
  #words: Buffer[] = []
  /** Words of the request begun that are still to come; 0 between requests. */
  #missing = 0
  /** The length of the word that comes next, once known. */
  #length: number | undefined

  /** Take a copy of what arrived. */
  push(bytes: Uint8Array): void {
    if (this.#from === this.#to) this.#startOver()
    if (this.#to + bytes.length > this.#memory.length) this.#makeRoom(bytes.length)
    this.#memory.set(bytes, this.#to)
    this.#to += bytes.length
  }

  /** The next whole request, never empty; undefined until more bytes come. */
  next(): readonly Buffer[] | undefined {
    for (;;) {
      if (this.#missing > 0) return this.#restOfRequest()
      const line = this.#line()
      if (line === undefined) return undefined
      if (line[0] === STAR) {
        this.#missing = Math.max(numberOf(line, MOST_WORDS, 'multibulk'), 0)
        this.#words = []
      } else {
        const words = line.toString('latin1').split(/\s+/).filter(Boolean)
        if (words.length > 0) return words.map((word) => Buffer.from(word, 'latin1'))
      }
    }
  }

  #restOfRequest(): readonly Buffer[] | undefined {
    while (this.#missing > 0) {
      if (this.#length === undefined) {
        const line = this.#line()
        if (line === undefined) return undefined
        if (line[0] !== DOLLAR) throw new RequestError(`expected '$', got '${line.toString('latin1', 0, 1)}'`)
        const length = numberOf(line, LONGEST_WORD, 'bulk')
        if (length < 0) throw new RequestError('invalid bulk length')
        this.#length = length
      }
      if (this.#to - this.#from < this.#length + 2) return undefined
      this.#words.push(Buffer.from(this.#memory.subarray(this.#from, this.#from + this.#length)))
      this.#from += this.#length + 2
      this.#length = undefined
      this.#missing--
    }
    return this.#words
  }

  /** A line without its end. A view: to be looked at before the next push. */
  #line(): Buffer | undefined {
    const bytes = this.#memory.subarray(this.#from, this.#to)
    const end = bytes.indexOf(NEWLINE)
    if (end > LONGEST_LINE || (end < 0 && bytes.length > LONGEST_LINE)) throw new RequestError('too big inline request')
    if (end < 0) return undefined
    this.#from += end + 1
    return bytes.subarray(0, bytes[end - 1] === RETURN ? end - 1 : end)
  }

  #startOver(): void {
    this.#from = this.#to = 0
    if (this.#memory.length > MEMORY_KEPT) this.#memory = NOTHING
  }

  /** Memory grows by doubling, and what was read is let go of. */
  #makeRoom(more: number): void {
    const kept = this.#memory.subarray(this.#from, this.#to)
    const needed = kept.length + more
    const memory = needed > this.#memory.length / 2 ? Buffer.allocUnsafe(Math.max(needed * 2, 4096)) : this.#memory
    kept.copy(memory)
    this.#memory = memory
    this.#from = 0
    this.#to = kept.length
  }
}

/** The number behind the first character of a line. */
function numberOf(line: Buffer, most: number, what: string): number {
  const text = line.toString('latin1', 1)
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || value > most) throw new RequestError(`invalid ${what} length`)
  return value
}
