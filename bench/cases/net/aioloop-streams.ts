/** Servers on aioloop by streams. */
import type { StreamReader, StreamWriter } from 'aioloop'
import { identity } from './identity.ts'
import type { Serve } from './load-cases.ts'
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

async function receive(reader: StreamReader, writer: StreamWriter): Promise<void> {
  while ((await reader.read(AT_ONCE)).length > 0) {}
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

export const byStreams: Serve = async (load) => {
  const client = { echo, receive, send: sender(load.size) }[load.serves]
  const options = { backlog: BACKLOG, ...(load.over === 'tls' && { ssl: identity() }) }
  if (load.over === 'unix') {
    await startUnixServer(client, unixPath, options)
    return addressOf(load, 0)
  }
  return addressOf(load, (await startServer(client, HOST, 0, options)).port)
}
