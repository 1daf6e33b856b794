// A concurrent link checker on aioloop: `npm start`, or `npm start -- https://example.com --concurrency 8`.
//
// Start-up only: read the command line, choose the loop, open what is to be crawled, crawl, report. `run` owns ^C: the first
// one cancels `main`, which writes what it has and lets the cancel pass, and `run` rejects with InterruptedError.
// Exit codes: 0 crawled (broken links or not), 1 nothing could be read, 130 stopped by ^C.

import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createTask, getRunningLoop, InterruptedError, install, isCancelled, loopInfo, run, wait } from 'aioloop'
import { crawl } from './crawl.ts'
import { Ledger } from './ledger.ts'
import { type Options, readOptions } from './options.ts'
import { saveBody, writeReport } from './output.ts'
import { showProgress } from './progress.ts'
import { buildReport } from './report.ts'
import { formatLoop, formatSummary } from './report-text.ts'
import { sampleSite } from './sample-site.ts'
import { serveFolder } from './site-server.ts'

/** The largest body that is read: 16 MiB. */
const maxBytes = 16 * 1024 * 1024

async function main(options: Options): Promise<number> {
  const { concurrency, timeout, maxPages, out } = options
  const save = options.save ? saveBody.bind(undefined, out) : undefined
  const site = await openSite(options.target)
  const ledger = new Ledger(site.url)
  console.log(`crawling ${ledger.start} on the ${formatLoop(loopInfo())}`)
  const loop = getRunningLoop()
  const begin = loop.time()
  const progress = createTask(showProgress, { args: [ledger, process.stdout], name: 'progress' })
  let interrupted = false
  try {
    await crawl(ledger, { concurrency, timeout, maxPages, maxBytes, save })
  } catch (error) {
    interrupted = isCancelled(error)
    throw error
  } finally {
    progress.cancel()
    await wait([progress])
    site.close()
    const report = buildReport(ledger, { interrupted, loop: loopInfo(), seconds: (loop.time() - begin) / 1000 })
    await writeReport(out, report)
    console.log(formatSummary(report))
    console.log(`report: ${resolve(out, 'report.txt')}, ${resolve(out, 'report.json')}`)
  }
  const outcomes = [...ledger.entries.values()].map((entry) => entry.outcome?.kind)
  return outcomes.includes('page') || outcomes.includes('file') ? 0 : 1
}

/** A web address stands for itself; a folder is served for as long as the crawl takes. */
async function openSite(target: string | undefined): Promise<{ url: string; close(): void }> {
  if (target === undefined) return serveFolder(await sampleSite(console.log))
  if (/^https?:/i.test(target)) return { url: target, close() {} }
  const folder = await stat(target).catch(() => undefined)
  if (folder?.isDirectory()) return serveFolder(target)
  throw new TypeError(`cannot crawl ${target}: it is neither a web address nor a folder`)
}

const options = readOptions(process.argv)
try {
  if (options.loop !== undefined) install({ loop: options.loop, required: true })
  process.exitCode = await run(() => main(options))
} catch (error) {
  if (error instanceof InterruptedError) {
    process.exitCode = 130
  } else {
    console.error(`crawler: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
