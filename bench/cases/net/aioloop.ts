/** aioloop in the `net` cases: by protocol, by buffered protocol, by streams, and by streams into memory of one's own. */
import type { Program } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
import { byBuffer, byDatagram, byProtocol } from './aioloop-protocols.ts'
import { spawn } from './aioloop-spawn.ts'
import { byStreams, intoMemory } from './aioloop-streams.ts'
import { idle } from './idle.ts'
import { loaded } from './load-cases.ts'
import { resp } from './resp.ts'

export const program: Program = {
  enter: enterAioloop,
  about: aboutAioloop,
  cases: {
    ...loaded({ form: 'protocol', serve: byProtocol, takes: ({ over }) => over !== 'udp' }),
    ...loaded({ form: 'buffered', serve: byBuffer, takes: ({ over, serves }) => over === 'tcp' && serves === 'echo' }),
    ...loaded({ form: 'streams', serve: byStreams, takes: ({ over }) => over !== 'udp' }),
    ...loaded({
      form: 'readInto',
      serve: intoMemory,
      takes: ({ over, serves }) => over === 'tcp' && serves !== 'send',
    }),
    ...loaded({ serve: byDatagram, takes: ({ over }) => over === 'udp' }),
    ...idle(byProtocol, 'protocol'),
    ...idle(byStreams, 'streams'),
    ...resp('resp-aioloop'),
    ...spawn,
  },
}
