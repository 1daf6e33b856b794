/** The subjects that appear in every suite: aioloop on its two loops, and Python's two. */
import type { Subject } from '../harness/suite.ts'

/** aioloop on the native and on the portable loop; `form` as in `Subject`. */
export function aioloop(suite: string, form?: string): Subject[] {
  return (['native', 'portable'] as const).map((loop) => ({
    name: form === undefined ? `aioloop ${loop}` : `aioloop ${loop}, ${form}`,
    source: { kind: 'node', program: `${suite}/aioloop`, env: { AIOLOOP_LOOP: loop } },
    ...(form !== undefined && { form }),
  }))
}

export function python(suite: string): Subject[] {
  return (['asyncio', 'uvloop'] as const).map((loop) => ({ name: loop, source: { kind: 'python', suite, loop } }))
}

export function node(name: string, program: string, form?: string): Subject {
  return { name, source: { kind: 'node', program }, ...(form !== undefined && { form }) }
}
