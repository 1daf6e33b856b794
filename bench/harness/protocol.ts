/**
 * What the harness and its subjects say to each other: one JSON object a line, over the subject's stdin and stdout. So
 * little is asked that a subject can be written in any language (peers/ has the Python half).
 *
 * The subject says `Hello` once, then answers every `Request` with one `Answer`, and ends when stdin does. Between
 * answers it is blocked in read(2): it takes no processor time from the others.
 */

/** Said first. `missing` means the subject cannot take part, and why; then it ends. */
export interface Hello {
  /** What runs there, as the environment record prints it. */
  readonly about?: string
  readonly missing?: string
}

/** Measure for about so many milliseconds. A slice may take longer: at least one batch is run. */
export interface Request {
  readonly ms: number
}

/** Figures by metric key; or why there are none. */
export interface Answer {
  readonly values?: Readonly<Record<string, number>>
  readonly error?: string
}

export function parseLine<T extends object>(line: string): T {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`reading a subject's line: not an object: ${line}`)
  return value as T
}

export function formatLine(message: Hello | Request | Answer): string {
  return `${JSON.stringify(message)}\n`
}
