/** Thousands of children on each loop: every end is told once, and no zombie and no descriptor is left. */
import {
  createSubprocessExec,
  type EventLoop,
  gather,
  NativeEventLoopPolicy,
  PIPE,
  PortableEventLoopPolicy,
  run,
} from 'aioloop'
import { expect, test } from 'vitest'
import { childrenOf, openDescriptors } from '../contract/children.ts'
import { reached, untilDeadline } from './sizes.ts'

const CHILDREN = 5000
const BATCH = 250
const loops: [string, () => EventLoop][] = [
  ['native', () => new NativeEventLoopPolicy().newEventLoop()],
  ['portable', () => new PortableEventLoopPolicy().newEventLoop()],
]

async function one(index: number): Promise<number> {
  const child = await createSubprocessExec('sh', '-c', `read line; exit ${index % 100}`, { stdin: PIPE, stdout: PIPE })
  if (index % 10 === 0) return await child.close()
  await child.communicate(Buffer.from('go on\n'))
  return child.returncode as number
}

test.each(loops)('children of the %s loop', async (name, loopFactory) => {
  await run(
    async () => {
      await one(1)
      const [descriptors, children] = [openDescriptors(), childrenOf(process.pid)]
      const batches = await untilDeadline(CHILDREN / BATCH, loops.length, async () => {
        const bodies = Array.from({ length: BATCH }, (_, index) => () => one(index))
        const codes = await gather(bodies, { limit: 50 })
        expect(codes).toEqual(bodies.map((_, index) => (index % 10 === 0 ? -9 : index % 100)))
      })
      reached(`children, ${name}`, batches * BATCH, CHILDREN)
      for (let i = 0; i < 1000 && openDescriptors() > descriptors; i++) await new Promise((done) => setTimeout(done, 5))
      expect(childrenOf(process.pid)).toEqual(children)
      expect(openDescriptors()).toBeLessThanOrEqual(descriptors)
    },
    { loopFactory },
  )
})
