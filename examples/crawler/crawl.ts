// The crawl itself: a pool of tasks that never holds more than `concurrency` of them.
//
// Each address is visited by a task of its own; the pool waits for whichever ends first, writes its result into the ledger
// and starts the next. When the crawl is cancelled (^C does that), it cancels the visits under way and waits until they
// have ended, so that nothing runs on behind the caller's back; what was written stays. A broken address is a line in the
// ledger; an error that leaves `crawl` is a fault of this program.

import { createTask, FIRST_COMPLETED, gather, getRunningLoop, type Task, TimeoutError, wait } from 'aioloop'
import { Agent, type Dispatcher } from 'undici'
import { withDeadline } from './deadline.ts'
import { type Fetched, fetchPage } from './fetch-page.ts'
import type { Entry, Ledger } from './ledger.ts'
import { readPage } from './links.ts'

export interface CrawlOptions {
  readonly concurrency: number
  /** Milliseconds for one request, the whole body included. */
  readonly timeout: number
  readonly maxPages: number
  /** Larger bodies are reported and not read to their end. */
  readonly maxBytes: number
  /** Called with every body that was read in full. */
  readonly save?: ((url: string, body: Buffer, isPage: boolean) => Promise<void>) | undefined
}

/** Visits everything the ledger queues. `ledger` may be read while this runs. */
export async function crawl(ledger: Ledger, options: CrawlOptions): Promise<void> {
  const dispatcher = new Agent({ connections: options.concurrency, connect: { timeout: options.timeout } })
  const running = new Set<Task<void>>()
  let started = 0
  try {
    while (true) {
      while (running.size < options.concurrency && started < options.maxPages) {
        const entry = ledger.take()
        if (entry === undefined) break
        started++
        running.add(createTask(visit, { args: [entry, ledger, dispatcher, options], name: `visit ${entry.url}` }))
      }
      if (running.size === 0) return
      const { done } = await wait(running, { returnWhen: FIRST_COMPLETED })
      for (const task of done) {
        running.delete(task)
        task.result()
      }
    }
  } finally {
    for (const task of running) task.cancel()
    await gather([...running], { returnExceptions: true })
    await dispatcher.destroy()
  }
}

async function visit(entry: Entry, ledger: Ledger, dispatcher: Dispatcher, options: CrawlOptions): Promise<void> {
  const loop = getRunningLoop()
  const begin = loop.time()
  const fetched = await fetchInTime(entry.url, dispatcher, options)
  const millis = loop.time() - begin
  if (fetched.kind === 'page') {
    const { status, body, charset } = fetched
    const content = readPage(decode(body, charset))
    const page = { title: content.title, links: content.links.length, anchors: content.anchors }
    ledger.record(entry, { kind: 'page', status, bytes: body.length, page }, millis)
    ledger.follow(entry, content)
  } else if (fetched.kind === 'file') {
    const { status, body, contentType } = fetched
    ledger.record(entry, { kind: 'file', status, bytes: body.length, contentType }, millis)
  } else {
    ledger.record(entry, fetched, millis)
    return
  }
  await saveBody(entry, fetched, options)
}

async function fetchInTime(url: string, dispatcher: Dispatcher, options: CrawlOptions): Promise<Fetched> {
  const { timeout, maxBytes } = options
  try {
    return await withDeadline(timeout, (signal) => fetchPage(url, { dispatcher, signal, maxBytes }))
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    return { kind: 'broken', reason: `no complete answer within ${timeout} ms` }
  }
}

/** A cancel that arrives here stays pending until the task ends: a body is saved whole or not at all. */
async function saveBody(entry: Entry, fetched: Fetched & { body: Buffer }, options: CrawlOptions): Promise<void> {
  try {
    await options.save?.(entry.url, fetched.body, fetched.kind === 'page')
  } catch (error) {
    entry.unsaved = String(error)
  }
}

function decode(body: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    // A charset nobody has heard of; addresses are ASCII in nearly every charset there is.
    return body.toString('utf8')
  }
}
