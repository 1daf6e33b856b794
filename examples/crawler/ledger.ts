// What the crawl knows: every address met, where it was met, and what came of it.
//
// One `Ledger` per crawl; the crawl writes into it, the report reads it, at any time: a crawl that is stopped half way leaves
// a ledger that is true as far as it goes. An address is visited at most once, whatever the spellings and however many pages
// name it. Addresses of other sites are noted, never visited.

import { resolveLink } from './address.ts'
import type { PageContent } from './links.ts'

/** What a visit found. */
export type Outcome =
  | { readonly kind: 'page'; readonly status: number; readonly bytes: number; readonly page: PageSummary }
  | { readonly kind: 'file'; readonly status: number; readonly bytes: number; readonly contentType: string }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'broken'; readonly status?: number; readonly reason: string }

/** Of a page's content, what the report needs; the links themselves are in the ledger by then. */
export interface PageSummary {
  readonly title: string
  readonly links: number
  readonly anchors: ReadonlySet<string>
}

/** One address of the site. `outcome` is missing while it waits for its visit, or when the crawl ended before that. */
export interface Entry {
  readonly url: string
  readonly foundOn: Set<string>
  /** Redirects in a row that led here. */
  readonly hops: number
  /** Fragments that links to this address carry, each with the pages they stand on. */
  readonly fragments: Map<string, Set<string>>
  outcome?: Outcome
  millis?: number
  /** A redirect's target, when it is on the site. */
  target?: string
  /** Why the body could not be saved. */
  unsaved?: string
}

/** A link that leads nowhere the crawl goes: another site, another scheme, or nothing that can be understood. */
export interface Unfollowed {
  readonly why: 'other site' | 'other scheme' | 'not an address'
  readonly foundOn: Set<string>
}

/** Servers that redirect to ever new addresses exist; browsers stop at 20. */
const maxHops = 20

export class Ledger {
  readonly entries = new Map<string, Entry>()
  readonly unfollowed = new Map<string, Unfollowed>()
  readonly start: string
  /** Links seen on pages, each spelling once a page. */
  links = 0
  visited = 0
  #origin: string
  /** The start has led to something other than a redirect, so it is settled which site this is. */
  #settled = false
  #queue: Entry[] = []
  #next = 0

  /** `start` is an absolute address; where it redirects to decides which site this is. */
  constructor(start: string) {
    const resolved = resolveLink(start, start)
    if (resolved.kind !== 'web') throw new TypeError(`cannot crawl ${start}: give a web address, or a folder`)
    this.start = resolved.url
    this.#origin = new URL(this.start).origin
    this.#meet(this.start)
  }

  /** Addresses known but not yet handed out by `take`. */
  get waiting(): number {
    return this.#queue.length - this.#next
  }

  /** The next address to visit, oldest first. */
  take(): Entry | undefined {
    const entry = this.#queue[this.#next]
    if (entry !== undefined) this.#next++
    return entry
  }

  /** Writes down what a visit found. A redirect's target is queued. */
  record(entry: Entry, outcome: Outcome, millis: number): void {
    entry.millis = millis
    this.visited++
    if (outcome.kind !== 'redirect') this.#settled = true
    entry.outcome = outcome.kind === 'redirect' ? this.#followRedirect(entry, outcome) : outcome
  }

  /** Queues what a page links to. */
  follow(page: Entry, content: PageContent): void {
    const { base: given = '' } = content
    const base = URL.canParse(given, page.url) ? new URL(given, page.url).href : page.url
    this.links += content.links.length
    for (const href of content.links) this.#follow(href, base, page.url, 0)
  }

  #followRedirect(entry: Entry, outcome: Outcome & { kind: 'redirect' }): Outcome {
    const { status, location } = outcome
    if (entry.hops >= maxHops) return { kind: 'broken', status, reason: `more than ${maxHops} redirects in a row` }
    const resolved = resolveLink(location, entry.url)
    if (resolved.kind !== 'web')
      return { kind: 'broken', status, reason: `redirects to ${location}, which is no web address` }
    // https://example.com often means https://www.example.com.
    if (!this.#settled) this.#origin = new URL(resolved.url).origin
    const target = this.#follow(location, entry.url, entry.url, entry.hops + 1)
    if (target !== undefined) entry.target = target.url
    return outcome
  }

  #follow(href: string, base: string, foundOn: string, hops: number): Entry | undefined {
    const resolved = resolveLink(href, base)
    if (resolved.kind === 'invalid') return this.#setAside(href, 'not an address', foundOn)
    if (resolved.kind === 'other') return this.#setAside(href, 'other scheme', foundOn)
    if (new URL(resolved.url).origin !== this.#origin) return this.#setAside(resolved.url, 'other site', foundOn)
    const entry = this.#meet(resolved.url, hops)
    entry.foundOn.add(foundOn)
    if (resolved.fragment !== '') addTo(entry.fragments, resolved.fragment, foundOn)
    return entry
  }

  #meet(url: string, hops = 0): Entry {
    let entry = this.entries.get(url)
    if (entry === undefined) {
      entry = { url, foundOn: new Set(), hops, fragments: new Map() }
      this.entries.set(url, entry)
      this.#queue.push(entry)
    }
    return entry
  }

  #setAside(href: string, why: Unfollowed['why'], foundOn: string): undefined {
    const known = this.unfollowed.get(href)
    if (known === undefined) this.unfollowed.set(href, { why, foundOn: new Set([foundOn]) })
    else known.foundOn.add(foundOn)
  }
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, new Set([value]))
  else values.add(value)
}
