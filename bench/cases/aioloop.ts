/**
 * How aioloop's programs enter their world: everything runs inside one `run()`, on the loop that AIOLOOP_LOOP names. A
 * subject asked for the native loop where it cannot load says so, rather than measure the other one.
 *
 * Packages that are measured are imported when their program is, here and in all programs: the harness runs without them.
 */
import { Missing } from '../harness/program.ts'

const { loopInfo, run } = await import('aioloop')

export async function enterAioloop(serve: () => Promise<void>): Promise<void> {
  await run(serve)
}

export function aboutAioloop(): string {
  const info = loopInfo()
  const wanted = process.env.AIOLOOP_LOOP
  const found = info.loop !== 'native' || info.binary !== undefined
  if (wanted !== undefined && (info.loop !== wanted || !found)) throw new Missing(`not available: ${info.reason}`)
  return info.loop
}
