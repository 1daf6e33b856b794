// A chat server: each client is a task, what one says goes to all the others. One that fails or is slow holds nobody else
// back: each has a queue, and a task that writes what comes through it.

import { openConnection, Queue, run, type StreamReader, type StreamWriter, startServer, taskGroup } from 'aioloop'

const rooms = new Map<string, Queue<Buffer>>()

function tellOthers(name: string, text: string): void {
  for (const [other, queue] of rooms) if (other !== name) queue.putNowait(Buffer.from(`${text}\n`))
}

async function chat(reader: StreamReader, writer: StreamWriter): Promise<void> {
  await using _ = writer
  const name = (await reader.readline()).toString().trim()
  const inbox = new Queue<Buffer>()
  rooms.set(name, inbox)
  writer.write(Buffer.from(`welcome, ${name}\n`))
  await taskGroup(async (group) => {
    group.createTask(async () => {
      for await (const message of inbox) {
        writer.write(message)
        await writer.drain()
      }
    })
    try {
      for await (const line of reader) tellOthers(name, `${name}: ${line.toString().trim()}`)
    } finally {
      inbox.shutdown()
      rooms.delete(name)
      tellOthers(name, `${name} left`)
    }
  })
}

async function join(port: number, name: string): Promise<[StreamReader, StreamWriter]> {
  const [reader, writer] = await openConnection('127.0.0.1', port)
  writer.write(Buffer.from(`${name}\n`))
  console.log(`${name} reads: ${(await reader.readline()).toString().trim()}`)
  return [reader, writer]
}

await run(async () => {
  const server = await startServer(chat, '127.0.0.1', 0)
  const [annReader, ann] = await join(server.port, 'ann')
  const [, bob] = await join(server.port, 'bob')
  bob.write(Buffer.from('hello, ann\n'))
  console.log(`ann reads: ${(await annReader.readline()).toString().trim()}`)
  bob.close()
  console.log(`ann reads: ${(await annReader.readline()).toString().trim()}`)
  ann.close()
  console.log('all gone in time:', await server.close({ grace: 60_000 }))
})

// Prints:
//   ann reads: welcome, ann
//   bob reads: welcome, bob
//   ann reads: bob: hello, ann
//   ann reads: bob left
//   all gone in time: true
