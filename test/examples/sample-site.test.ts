// The generated site appears whole or not at all. (That it can be crawled is tested with the whole program.)

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTask, isCancelled, run, sleep } from 'aioloop'
import { expect, test } from 'vitest'
import { sampleSite } from '../../examples/crawler/sample-site.ts'
import { childrenOf } from '../contract/children.ts'

test('a generation that is cancelled ends its process and leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aioloop-cache-'))
  await run(async () => {
    for (let attempt = 0; ; attempt++) {
      const cache = join(folder, String(attempt))
      await mkdir(cache)
      const task = createTask(sampleSite, { args: [() => {}, cache] })
      let child: number | undefined
      while (child === undefined && !task.done()) {
        child = childrenOf(process.pid)[0]
        if (child === undefined) await sleep(1)
      }
      // Held where it is, so that it cannot come to its end before the cancel; where it has already, once more.
      if (child === undefined || !send(child, 'SIGSTOP') || task.done()) {
        await task
        continue
      }
      task.cancel()
      await expect(task).rejects.toSatisfy(isCancelled)
      expect(await readdir(cache)).toEqual([])
      send(child, 'SIGCONT')
      while (childrenOf(process.pid).length > 0) await sleep(1)
      expect(await readdir(cache)).toEqual([])
      break
    }
  })
  await rm(folder, { recursive: true })
})

/** False when the process is gone. */
function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ESRCH' })
    return false
  }
}
