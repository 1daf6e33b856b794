// The crawl against a server that misbehaves in every way: each case is a line in the report, on either loop.

import { allTasks, createTask, currentTask, install, isCancelled, loopInfo, run, sleep } from 'aioloop'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { crawl } from '../../examples/crawler/crawl.ts'
import { Ledger } from '../../examples/crawler/ledger.ts'
import { buildReport, type Report } from '../../examples/crawler/report.ts'
import { formatReport } from '../../examples/crawler/report-text.ts'
import { type NastyServer, startNastyServer } from './nasty-server.ts'

const limits = { concurrency: 8, timeout: 60_000, maxPages: 500, maxBytes: 500_000 }

let server: NastyServer
beforeAll(async () => {
  server = await startNastyServer()
})
afterAll(() => server.close())

async function crawlAll(url: string, options: Partial<typeof limits> = {}): Promise<Report> {
  const ledger = new Ledger(url)
  await crawl(ledger, { ...limits, ...options })
  return buildReport(ledger, { interrupted: false, loop: loopInfo(), seconds: 1 })
}

const path = (url: string) => url.replace(new URL(server.url).origin, '')

/** The report without what time and loop decide. */
function essence(report: Report): object {
  const { loop: _loop, slowest: _slowest, totals, ...rest } = report
  return { ...rest, totals: { ...totals, seconds: 0, pagesPerSecond: 0 } }
}

const reports: Report[] = []

describe.each(['native', 'portable'] as const)('on the %s loop', (loop) => {
  let report: Report
  let ownHits: ReadonlyMap<string, number>

  let restore: () => void

  beforeAll(async () => {
    restore = install({ loop, required: true })
    const before = new Map(server.hits)
    report = await run(() => crawlAll(server.url))
    ownHits = new Map([...server.hits].map(([path, count]) => [path, count - (before.get(path) ?? 0)]))
    reports.push(report)
  })
  afterAll(() => restore())

  test('the report names the loop that ran', () => {
    expect(report.loop.loop).toBe(loop)
  })

  test('each broken link is a line with its reason', () => {
    const lost = 'connection lost before the answer was complete'
    expect(report.broken.map(({ url, reason }) => [path(url), reason])).toEqual([
      ['/boom', 'status 500'],
      ['/endless', 'larger than 500000 bytes, reading stopped'],
      ['/forever?n=21', 'more than 20 redirects in a row'],
      ['/from-malformed', 'status 404'],
      ['/garbage', 'the answer is not HTTP'],
      ['/giant', 'larger than 500000 bytes, reading stopped'],
      ['/gone', 'status 404'],
      ['/gzip', 'encoded as gzip, which was not asked for'],
      ['/half', lost],
      ['/headers', 'headers too large'],
      ['/nowhere', 'status 302, without a usable location'],
      ['/odd', 'redirects to mailto:someone, which is no web address'],
      ['/old#lost', 'no such anchor on the page'],
      ['/page#%zz', 'no such anchor on the page'],
      ['/page#missing', 'no such anchor on the page'],
      ['/reset', lost],
      ['/ring-a', 'redirect ring: /ring-a → /ring-b → /ring-c → /ring-a'],
      ['/self', 'redirect ring: /self → /self'],
      ['/unclosed%3E%3Cconstructor%20href=', 'status 404'],
      ['/x', 'status 404'],
      ['http://[bad', 'not an address'],
    ])
  })

  test('each broken link says where it was found', () => {
    const foundOn = new Map(report.broken.map((link) => [path(link.url), link.foundOn.map(path)]))
    expect(foundOn.get('/gone')).toEqual(['/'])
    expect(foundOn.get('/ring-a')).toEqual(['/'])
    expect(foundOn.get('/forever?n=21')).toEqual(['/forever?n=20'])
    expect(foundOn.get('/x')).toEqual(['/malformed'])
  })

  test('pages, files and redirects are listed by address', () => {
    expect(report.pages.map(({ url }) => path(url))).toEqual(
      `/ /after-all /based /binary /caf%C3%A9 /crash /deep /empty /in-noscript /in-template /late /malformed /page
       /strange-charset /sub/x /sub/y`.split(/\s+/),
    )
    expect(report.pages[0]).toMatchObject({ title: 'Front page' })
    expect(report.files.map(({ url, contentType, bytes }) => [path(url), contentType, bytes])).toEqual([
      ['/large.png', 'image/png', 32],
      ['/picture.png', 'image/png', 4096],
      ['/small.png', 'image/png', 16],
      ['/unnamed', '', 5],
    ])
    const forever = report.redirects.filter(({ url }) => path(url).startsWith('/forever'))
    expect(forever).toHaveLength(20)
    expect(report.redirects.filter((redirect) => !forever.includes(redirect)).map(({ url }) => path(url))).toEqual([
      '/away',
      '/old',
      '/ring-a',
      '/ring-b',
      '/ring-c',
      '/self',
    ])
  })

  test('links that lead off the site are noted and not followed', () => {
    expect(report.notChecked.map(({ href, why }) => [href, why])).toEqual([
      ['data:text/html,x', 'other scheme'],
      ['https://other.example/moved', 'other site'],
      ['https://other.example/x', 'other site'],
      ['javascript:void 0', 'other scheme'],
      ['mailto:a@b.example', 'other scheme'],
      ['tel:123', 'other scheme'],
    ])
  })

  test('an address is asked for once, however many ways it is spelled', () => {
    const repeated = [...ownHits].filter(([path, count]) => count > 1 && path !== '/forever')
    expect(repeated).toEqual([])
    expect(ownHits.has('/in-script')).toBe(false)
    expect(ownHits.has('/in-comment')).toBe(false)
  })

  test('the totals add up', () => {
    const { totals, broken, pages, files, redirects, slowest } = report
    const unvisitedLines = broken.filter(({ url, reason }) => url.includes('#') || /ring|not an address/.test(reason))
    expect(totals).toMatchObject({
      notVisited: 0,
      pages: pages.length,
      files: files.length,
      redirects: redirects.length,
    })
    expect(totals.visited).toBe(pages.length + files.length + redirects.length + broken.length - unvisitedLines.length)
    expect(totals.bytes).toBe([...pages, ...files].reduce((sum, { bytes }) => sum + bytes, 0))
    expect(slowest).toHaveLength(10)
  })

  test('the text report has a line for all of it', () => {
    const text = formatReport(report)
    for (const { reason } of report.broken) expect(text).toContain(reason)
    for (const { url } of report.pages) expect(text).toContain(path(url))
    expect(text).toContain('Broken (21)')
  })

  test.each(['silent', 'trickle'])(
    'an answer that does not end is a broken line when its time is over: /%s',
    async (name) => {
      const url = server.url + name
      const { broken } = await run(() => crawlAll(url, { timeout: 100 }))
      expect(broken).toEqual([{ url, reason: 'no complete answer within 100 ms', foundOn: [] }])
    },
  )

  test('a dead server is one broken line', async () => {
    const dead = await startNastyServer()
    dead.close()
    const { broken, totals } = await run(() => crawlAll(dead.url))
    expect(broken).toEqual([{ url: dead.url, reason: 'connection refused', foundOn: [] }])
    expect(totals).toMatchObject({ visited: 1, pages: 0 })
  })

  test('the limit of pages leaves the rest known and not visited', async () => {
    const { totals } = await run(() => crawlAll(server.url, { maxPages: 1 }))
    expect(totals).toMatchObject({ visited: 1, pages: 1 })
    expect(totals.notVisited).toBeGreaterThan(30)
  })

  test('a start that redirects elsewhere names the site to crawl', async () => {
    const door = await startNastyServer({ '/': `${server.url}sub/x` })
    const { pages, redirects } = await run(() => crawlAll(door.url))
    expect(pages.map(({ url }) => path(url))).toEqual(['/sub/x'])
    expect(redirects.map(({ url }) => url)).toEqual([door.url])
    door.close()
  })

  test('a cancelled crawl ends its requests, leaves no task behind, and keeps what it has', async () => {
    const ledger = new Ledger(`${server.url}never`)
    const unfinished = () => [...ledger.entries.values()].filter(({ outcome }) => outcome === undefined)
    const paths = () => unfinished().map(({ url }) => path(url))
    await run(async () => {
      const task = createTask(crawl, { args: [ledger, limits] })
      while (paths().sort().join() !== '/silent,/trickle') await sleep(5)
      task.cancel()
      await expect(task).rejects.toSatisfy(isCancelled)
      expect(allTasks()).toEqual(new Set([currentTask()]))
    })
    expect(paths().sort()).toEqual(['/silent', '/trickle'])
  })
})

test('both loops give the same report', () => {
  expect(reports).toHaveLength(2)
  expect(essence(reports[0]!)).toEqual(essence(reports[1]!))
})
