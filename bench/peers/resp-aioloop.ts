/** The RESP server of the examples, as examples/07-resp-server.ts serves it. Prints its port; ends with its input. */
import { getRunningLoop, run } from 'aioloop'
import { RespProtocol } from '../../examples/resp/resp-protocol.ts'
import { filledStore, insideStore } from './resp-surroundings.ts'

async function main(): Promise<void> {
  const loop = getRunningLoop()
  const store = filledStore()
  const server = await loop.createServer(() => new RespProtocol(store), '127.0.0.1', 0)
  console.log(server.port)
  await loop.createFuture<never>()
}

insideStore(() => run(main))
