// The report as people read it: the file report.txt, and the summary that ends a run.
//
// Plain text of any width, no colours, so that it reads the same in a terminal, a file and a log. Numbers come from
// report.ts; nothing is worked out here.

import type { LoopInfo } from 'aioloop'
import { displayAddress } from './address.ts'
import type { BrokenLink } from './broken-links.ts'
import type { Report } from './report.ts'

const sourcesShown = 5

/** The whole report. */
export function formatReport(report: Report): string {
  const origin = new URL(report.target).origin
  const show = (url: string) => displayAddress(url, origin)
  const sections = [
    [`Link report of ${report.target}`, ...summaryLines(report)],
    section('Broken', report.broken, (link) => brokenLines(link, show)),
    section(
      'Slowest',
      report.slowest,
      (page) => `${page.millis.toFixed(1).padStart(9)} ms ${bytes(page.bytes)}  ${show(page.url)}`,
    ),
    section(
      'Redirects',
      report.redirects,
      ({ url, status, location }) => `${status}  ${show(url)} → ${show(location)}`,
    ),
    section(
      'Not checked',
      report.notChecked,
      ({ href, why, foundOn }) => `${href}  (${why}, on ${count(foundOn.length, 'page')})`,
    ),
    section('Not saved', report.notSaved, ({ url, reason }) => `${show(url)}: ${reason}`),
    section(
      'Pages',
      report.pages,
      (page) => `${bytes(page.bytes)} ${String(page.links).padStart(5)} links  ${show(page.url)}  ${page.title}`,
    ),
    section('Other files', report.files, (file) => `${bytes(file.bytes)}  ${show(file.url)}  ${file.contentType}`),
  ]
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** What a terminal shows at the end: totals, and the first of what is broken. */
export function formatSummary(report: Report, brokenShown = 10): string {
  const origin = new URL(report.target).origin
  const lines = summaryLines(report)
  for (const link of report.broken.slice(0, brokenShown)) {
    const where = link.foundOn[0] === undefined ? '' : `, on ${displayAddress(link.foundOn[0], origin)}`
    lines.push(`  broken: ${displayAddress(link.url, origin)} (${link.reason}${where})`)
  }
  if (report.broken.length > brokenShown) lines.push(`  and ${report.broken.length - brokenShown} more, see the report`)
  return lines.join('\n')
}

/** `native loop (the addon loaded)`: which loop runs, and why. */
export function formatLoop(info: LoopInfo): string {
  return `${info.loop} loop (${info.reason})`
}

function summaryLines({ totals, interrupted, loop }: Report): string[] {
  const lines = [
    `${count(totals.pages, 'page')}, ${count(totals.files, 'other file')}, ${count(totals.redirects, 'redirect')}, ` +
      `${count(totals.links, 'link')}, ${bytes(totals.bytes).trim()}: ${totals.broken} broken`,
    `${totals.seconds.toFixed(2)} s, ${totals.pagesPerSecond} pages per second, on the ${formatLoop(loop)}`,
  ]
  if (interrupted) lines.push(`stopped before the end: ${totals.notVisited} addresses known and not visited`)
  else if (totals.notVisited > 0)
    lines.push(`limit of pages reached: ${totals.notVisited} addresses known and not visited`)
  return lines
}

function brokenLines(link: BrokenLink, show: (url: string) => string): string[] {
  const lines = [show(link.url), `    ${link.reason}`]
  for (const url of link.foundOn.slice(0, sourcesShown)) lines.push(`    found on ${show(url)}`)
  if (link.foundOn.length > sourcesShown) lines.push(`    and on ${link.foundOn.length - sourcesShown} more`)
  return lines
}

function section<T>(title: string, items: readonly T[], format: (item: T) => string | string[]): string[] {
  if (items.length === 0) return []
  return [`${title} (${items.length})`, ...items.flatMap(format).map((line) => `  ${line}`)]
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

function bytes(amount: number): string {
  if (amount < 1024) return `${amount}  B`.padStart(10)
  if (amount < 1024 * 1024) return `${(amount / 1024).toFixed(1)} KiB`.padStart(10)
  return `${(amount / 1024 / 1024).toFixed(1)} MiB`.padStart(10)
}
