/** The limit: servers in C on libuv. */
import type { Program } from '../../harness/program.ts'
import { compiled } from './compiled.ts'
import { loaded, type Serve } from './load-cases.ts'
import { unixPath } from './places.ts'
import { ServerProcess } from './server-process.ts'

const server = new ServerProcess()
const spent = () => server.spent()

const start: Serve = ({ over, serves }) => {
  if (over === 'udp') return server.start(compiled('udp-libuv'), [])
  if (serves !== 'echo') return server.start(compiled('bulk-libuv'), ['tcp', serves])
  return server.start(compiled('echo-libuv'), [over === 'unix' ? unixPath : 'tcp'])
}

export const program: Program = {
  about: () => {
    compiled('echo-libuv')
    return 'C on libuv'
  },
  cases: loaded({ serve: start, takes: ({ over }) => over !== 'tls', spent }),
}
