/** The limit: servers, and a parent of child processes, in C on libuv. */
import type { Probe, Program } from '../../harness/program.ts'
import { compiled } from './compiled.ts'
import { identityFiles } from './identity.ts'
import { idle } from './idle.ts'
import { loaded, type Serve } from './load-cases.ts'
import { LoadProcess } from './load-process.ts'
import { spentBy } from './other-process.ts'
import { unixPath } from './places.ts'
import { ServerProcess } from './server-process.ts'
import { programTrue, spawnFigures } from './spawning.ts'

const server = new ServerProcess()

const start: Serve = async ({ over, serves }) => {
  if (over === 'tls') return startTls()
  if (over === 'udp') return server.start(compiled('udp-libuv'), [])
  if (serves !== 'echo') return server.start(compiled('bulk-libuv'), ['tcp', serves])
  return server.start(compiled('echo-libuv'), [over === 'unix' ? unixPath : 'tcp'])
}

function startTls(): Promise<string> {
  const { key, cert } = identityFiles()
  return server.start(compiled('tls-libuv'), ['tcp', key, cert])
}

/** Its memory is told by the system only. */
function memory() {
  const resident = server.resident()
  return { used: resident, rss: resident, heap: resident }
}

/** It speaks as loads do, so it is told as they are; on any core, as the other parents. */
function spawn(): Probe {
  let parent: LoadProcess | undefined
  return {
    probe: async (ms) => {
      parent ??= new LoadProcess('spawn-libuv', [], 'any')
      const before = spentBy(parent.pid)
      const slice = await parent.slice(programTrue(), { connections: 1, size: 0, depth: 1 }, ms)
      return spawnFigures(slice, spentBy(parent.pid) - before)
    },
  }
}

export const program: Program = {
  about: () => {
    compiled('echo-libuv')
    return 'C on libuv'
  },
  cases: {
    ...loaded({ serve: start, takes: () => true, spent: server.spent }),
    ...idle(start, undefined, memory),
    spawn: spawn(),
  },
}
