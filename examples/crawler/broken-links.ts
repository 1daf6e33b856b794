// Everything in a ledger that a reader of the site would call broken.
//
// Addresses that gave no page, redirects that lead in a ring, fragments without an anchor, links that are no addresses: one
// list, sorted by address, each with the pages it was found on. Rings and anchors cannot be judged while the crawl
// runs, since they need more than one visit's result; so all of it is worked out here, afterwards.

import type { Entry, Ledger } from './ledger.ts'

export interface BrokenLink {
  readonly url: string
  readonly reason: string
  readonly foundOn: readonly string[]
}

export function findBroken(ledger: Ledger): BrokenLink[] {
  const entries = [...ledger.entries.values()].sort((a, b) => compare(a.url, b.url))
  const broken: BrokenLink[] = []
  for (const entry of entries) {
    const { outcome, foundOn } = entry
    if (outcome?.kind === 'broken') broken.push({ url: entry.url, reason: outcome.reason, foundOn: sorted(foundOn) })
  }
  broken.push(...findRings(ledger, entries), ...findMissingAnchors(ledger, entries))
  for (const [href, { why, foundOn }] of ledger.unfollowed) {
    if (why === 'not an address') broken.push({ url: href, reason: why, foundOn: sorted(foundOn) })
  }
  return broken.sort((a, b) => compare(a.url, b.url))
}

/** Each ring once, under the first of its addresses, found where any of them is named from outside the ring. */
function findRings(ledger: Ledger, entries: readonly Entry[]): BrokenLink[] {
  const rings: BrokenLink[] = []
  const settled = new Set<Entry>()
  for (const first of entries) {
    const path = new Set<Entry>()
    let entry: Entry | undefined = first
    while (entry !== undefined && !settled.has(entry) && !path.has(entry)) {
      path.add(entry)
      entry = nextHop(ledger, entry)
    }
    if (entry !== undefined && path.has(entry)) rings.push(describeRing(ledger, entry))
    for (const passed of path) settled.add(passed)
  }
  return rings
}

function describeRing(ledger: Ledger, first: Entry): BrokenLink {
  const ring = [first]
  for (let entry = nextHop(ledger, first); entry !== undefined && entry !== first; entry = nextHop(ledger, entry))
    ring.push(entry)
  const inside = new Set(ring.map((entry) => entry.url))
  const lowest = ring.reduce((a, b) => (compare(a.url, b.url) <= 0 ? a : b))
  const turned = [...ring.slice(ring.indexOf(lowest)), ...ring.slice(0, ring.indexOf(lowest)), lowest]
  const foundOn = ring.flatMap((entry) => [...entry.foundOn]).filter((url) => !inside.has(url))
  const path = turned.map((entry) => new URL(entry.url)).map((url) => url.pathname + url.search)
  return { url: lowest.url, reason: `redirect ring: ${path.join(' → ')}`, foundOn: sorted(new Set(foundOn)) }
}

/** A fragment is carried through redirects to the page they end on. Only pages that were read can be judged. */
function findMissingAnchors(ledger: Ledger, entries: readonly Entry[]): BrokenLink[] {
  const missing: BrokenLink[] = []
  for (const entry of entries) {
    if (entry.fragments.size === 0) continue
    const outcome = finalEntry(ledger, entry)?.outcome
    if (outcome?.kind !== 'page') continue
    for (const [fragment, foundOn] of entry.fragments) {
      if (hasAnchor(outcome.page.anchors, fragment)) continue
      missing.push({ url: `${entry.url}#${fragment}`, reason: 'no such anchor on the page', foundOn: sorted(foundOn) })
    }
  }
  return missing
}

function hasAnchor(anchors: ReadonlySet<string>, fragment: string): boolean {
  // `#top` needs no anchor, and what follows `:~:` is for the browser alone.
  const name = fragment.split(':~:', 1)[0] ?? ''
  if (name === '' || name.toLowerCase() === 'top' || anchors.has(name)) return true
  try {
    return anchors.has(decodeURIComponent(name))
  } catch {
    return false
  }
}

function finalEntry(ledger: Ledger, start: Entry): Entry | undefined {
  const passed = new Set<Entry>()
  let entry: Entry | undefined = start
  while (entry?.outcome?.kind === 'redirect' && !passed.has(entry)) {
    passed.add(entry)
    entry = nextHop(ledger, entry)
  }
  return entry
}

function nextHop(ledger: Ledger, entry: Entry): Entry | undefined {
  return entry.target === undefined ? undefined : ledger.entries.get(entry.target)
}

function sorted(urls: ReadonlySet<string>): string[] {
  return [...urls].sort(compare)
}

/** By code units: the same everywhere, unlike `localeCompare`. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
