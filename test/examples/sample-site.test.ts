// The generated site appears whole or not at all. (That it can be crawled is tested with the whole program.)

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTask, isCancelled, run, sleep } from 'aioloop'
import { expect, test } from 'vitest'
import { sampleSite } from '../../examples/crawler/sample-site.ts'

test('a generation that is cancelled ends its process and leaves nothing behind', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'aioloop-cache-'))
  await run(async () => {
    const task = createTask(sampleSite, { args: [() => {}, cache] })
    // The child has its project by then, and starts to read it.
    while (!(await readdir(cache, { recursive: true })).some((path) => path.endsWith('typedoc.json'))) await sleep(5)
    await sleep(50)
    task.cancel()
    await expect(task).rejects.toSatisfy(isCancelled)
    expect(await readdir(cache)).toEqual([])
  })
  await rm(cache, { recursive: true })
})
