// The commands, and the map of keys to values that they work on. Knows nothing of connections.
import { bulk, error, integer, list, NULL, OK, type Reply, status } from './replies.ts'

interface Command {
  /** Numbers of words after the name that it takes. */
  readonly fewest: number
  readonly most: number
  readonly act: (words: readonly Buffer[]) => Reply
}

export class Store {
  /** Keys are bytes: as text of one character a byte they can be compared. */
  readonly #values = new Map<string, Buffer>()
  readonly #commands: ReadonlyMap<string, Command> = new Map<string, Command>([
    ['PING', { fewest: 0, most: 1, act: ([text]) => (text === undefined ? status('PONG') : bulk(text)) }],
    ['ECHO', { fewest: 1, most: 1, act: ([text]) => bulk(text as Buffer) }],
    ['SET', { fewest: 2, most: 2, act: ([key, value]) => this.#set(nameOf(key), value as Buffer) }],
    ['GET', { fewest: 1, most: 1, act: ([key]) => this.#get(nameOf(key)) }],
    ['DEL', { fewest: 1, most: Number.POSITIVE_INFINITY, act: (keys) => this.#delete(keys) }],
    // What tools ask when they connect. Nothing can be configured, and the tools do without a list of commands.
    ['COMMAND', { fewest: 0, most: Number.POSITIVE_INFINITY, act: () => list([]) }],
    ['CONFIG', { fewest: 1, most: Number.POSITIVE_INFINITY, act: ([what, name]) => config(what, name) }],
  ])

  answer(request: readonly Buffer[]): Reply {
    const [first, ...words] = request
    const name = nameOf(first)
    const command = this.#commands.get(name.toUpperCase())
    if (command === undefined) return error(`unknown command '${name.slice(0, 128)}'`)
    if (words.length < command.fewest || words.length > command.most)
      return error(`wrong number of arguments for '${name.toLowerCase()}' command`)
    return command.act(words)
  }

  #set(key: string, value: Buffer): Reply {
    this.#values.set(key, value)
    return OK
  }

  #get(key: string): Reply {
    const value = this.#values.get(key)
    return value === undefined ? NULL : bulk(value)
  }

  #delete(keys: readonly Buffer[]): Reply {
    return integer(keys.filter((key) => this.#values.delete(nameOf(key))).length)
  }
}

function config(what: Buffer | undefined, name: Buffer | undefined): Reply {
  if (nameOf(what).toUpperCase() !== 'GET') return error('only CONFIG GET is known here')
  return name === undefined ? list([]) : list([bulk(name), bulk(Buffer.alloc(0))])
}

function nameOf(word: Buffer | undefined): string {
  return word?.toString('latin1') ?? ''
}
