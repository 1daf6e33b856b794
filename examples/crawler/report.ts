// From the ledger to a report: totals, what is broken and where it was found, what was slow.
//
// The report is plain data and goes to report.json as it is; report-text.ts writes the same for people. Everything in it is
// sorted by address, so that two crawls of one site give one report, whatever order the answers came in. May be built at any
// moment of a crawl.

import type { LoopInfo } from 'aioloop'
import { type BrokenLink, compare, findBroken } from './broken-links.ts'
import type { Ledger } from './ledger.ts'

export interface Report {
  readonly target: string
  /** True when the crawl was stopped before it was through. */
  readonly interrupted: boolean
  readonly loop: LoopInfo
  readonly totals: Totals
  /** Broken addresses, redirect rings, anchors that do not exist, links that are no addresses. */
  readonly broken: readonly BrokenLink[]
  readonly redirects: readonly { readonly url: string; readonly status: number; readonly location: string }[]
  readonly pages: readonly {
    readonly url: string
    readonly title: string
    readonly bytes: number
    readonly links: number
  }[]
  readonly files: readonly { readonly url: string; readonly contentType: string; readonly bytes: number }[]
  /** Links to other sites and of other schemes: found, not checked. */
  readonly notChecked: readonly { readonly href: string; readonly why: string; readonly foundOn: readonly string[] }[]
  readonly notSaved: readonly { readonly url: string; readonly reason: string }[]
  readonly slowest: readonly { readonly url: string; readonly millis: number; readonly bytes: number }[]
}

export interface Totals {
  readonly visited: number
  /** Known, but not visited: the crawl was stopped, or reached its limit of pages. */
  readonly notVisited: number
  readonly pages: number
  readonly files: number
  readonly redirects: number
  readonly broken: number
  readonly links: number
  readonly bytes: number
  readonly seconds: number
  readonly pagesPerSecond: number
}

export interface ReportFacts {
  readonly interrupted: boolean
  readonly loop: LoopInfo
  readonly seconds: number
}

const slowestShown = 10

export function buildReport(ledger: Ledger, facts: ReportFacts): Report {
  const entries = [...ledger.entries.values()].sort((a, b) => compare(a.url, b.url))
  const pages: Report['pages'][number][] = []
  const files: Report['files'][number][] = []
  const redirects: Report['redirects'][number][] = []
  const slowest: Report['slowest'][number][] = []
  let bytes = 0
  for (const { url, outcome, millis = 0 } of entries) {
    if (outcome === undefined || outcome.kind === 'broken') continue
    if (outcome.kind === 'redirect') {
      redirects.push({ url, status: outcome.status, location: outcome.location })
      continue
    }
    bytes += outcome.bytes
    slowest.push({ url, millis: Math.round(millis * 1000) / 1000, bytes: outcome.bytes })
    if (outcome.kind === 'file') files.push({ url, contentType: outcome.contentType, bytes: outcome.bytes })
    else pages.push({ url, title: outcome.page.title, bytes: outcome.bytes, links: outcome.page.links })
  }
  const broken = findBroken(ledger)
  const seconds = Math.round(facts.seconds * 1000) / 1000
  const totals: Totals = {
    visited: ledger.visited,
    notVisited: ledger.entries.size - ledger.visited,
    pages: pages.length,
    files: files.length,
    redirects: redirects.length,
    broken: broken.length,
    links: ledger.links,
    bytes,
    seconds,
    pagesPerSecond: facts.seconds > 0 ? Math.round(pages.length / facts.seconds) : 0,
  }
  return {
    target: ledger.start,
    interrupted: facts.interrupted,
    loop: facts.loop,
    totals,
    broken,
    redirects,
    pages,
    files,
    notChecked: findNotChecked(ledger),
    notSaved: entries.flatMap(({ url, unsaved }) => (unsaved === undefined ? [] : [{ url, reason: unsaved }])),
    slowest: slowest.sort((a, b) => b.millis - a.millis).slice(0, slowestShown),
  }
}

function findNotChecked(ledger: Ledger): Report['notChecked'] {
  return [...ledger.unfollowed]
    .filter(([, { why }]) => why !== 'not an address')
    .map(([href, { why, foundOn }]) => ({ href, why, foundOn: [...foundOn].sort(compare) }))
    .sort((a, b) => compare(a.href, b.href))
}
