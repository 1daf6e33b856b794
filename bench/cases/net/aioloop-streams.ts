/** Servers on aioloop by streams. */
import type { StreamReader, StreamWriter } from 'aioloop'
import { identity } from './identity.ts'
import type { Serve } from './load-cases.ts'
import type { Load } from './load-process.ts'
import { addressOf, BACKLOG, HOST, unixPath } from './places.ts'

const { startServer, startUnixServer } = await import('aioloop')

type Client = (reader: StreamReader, writer: StreamWriter) => Promise<void>

const AT_ONCE = 65_536

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for (;;) {
    const data = await reader.read(AT_ONCE)
    if (data.length === 0) break
    writer.write(data)
    await writer.drain()
  }
  writer.close()
}

/** The same into one piece of memory for each client. */
async function echoInto(reader: StreamReader, writer: StreamWriter): Promise<void> {
  const memory = Buffer.allocUnsafeSlow(AT_ONCE)
  for (;;) {
    const count = await reader.readInto(memory)
    if (count === 0) break
    writer.write(memory.subarray(0, count))
    await writer.drain()
  }
  writer.close()
}

async function receive(reader: StreamReader, writer: StreamWriter): Promise<void> {
  while ((await reader.read(AT_ONCE)).length > 0) {}
  writer.close()
}

async function receiveInto(reader: StreamReader, writer: StreamWriter): Promise<void> {
  const memory = Buffer.allocUnsafeSlow(AT_ONCE)
  while ((await reader.readInto(memory)) > 0) {}
  writer.close()
}

function sender(size: number): Client {
  const block = Buffer.alloc(size, 'x')
  return async (reader, writer) => {
    for (;;) {
      const { length } = await reader.read(AT_ONCE)
      if (length === 0) break
      for (let left = length; left > 0; left--) {
        writer.write(block)
        await writer.drain()
      }
    }
    writer.close()
  }
}

async function listen(load: Load, client: Client): Promise<string> {
  const options = { backlog: BACKLOG, ...(load.over === 'tls' && { ssl: identity() }) }
  if (load.over === 'unix') {
    await startUnixServer(client, unixPath, options)
    return addressOf(load, 0)
  }
  return addressOf(load, (await startServer(client, HOST, 0, options)).port)
}

export const byStreams: Serve = (load) => {
  const client = { echo, receive, send: sender(load.size) }[load.serves]
  return listen(load, client)
}

export const intoMemory: Serve = (load) => listen(load, load.serves === 'echo' ? echoInto : receiveInto)
