// The generated site appears whole or not at all. (That it can be crawled is tested with the whole program.)

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTask, isCancelled, run, sleep } from 'aioloop'
import { expect, test } from 'vitest'
import { sampleSite } from '../../examples/crawler/sample-site.ts'
import { childrenOf } from '../contract/children.ts'

test('a generation that is cancelled ends its process and leaves nothing behind', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'aioloop-cache-'))
  await run(async () => {
    const task = createTask(sampleSite, { args: [() => {}, cache] })
    // Held where it is, so that it cannot come to its end before the cancel.
    while (childrenOf(process.pid).length === 0) await sleep(1)
    const [child = 0, ...others] = childrenOf(process.pid)
    expect(others).toEqual([])
    process.kill(child, 'SIGSTOP')
    task.cancel()
    await expect(task).rejects.toSatisfy(isCancelled)
    expect(await readdir(cache)).toEqual([])
    process.kill(child, 'SIGCONT')
    while (childrenOf(process.pid).length > 0) await sleep(1)
    expect(await readdir(cache)).toEqual([])
  })
  await rm(cache, { recursive: true })
})
