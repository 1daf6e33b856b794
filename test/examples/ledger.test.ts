// Which addresses belong to the site, and that each is handed out once.

import { expect, test } from 'vitest'
import { type Entry, Ledger, type Outcome } from '../../examples/crawler/ledger.ts'

const page: Outcome = { kind: 'page', status: 200, bytes: 1, page: { title: '', links: 0, anchors: new Set() } }

function mustTake(ledger: Ledger): Entry {
  const entry = ledger.take()
  if (entry === undefined) throw new Error('nothing left to visit')
  return entry
}

function redirectTo(location: string): Outcome {
  return { kind: 'redirect', status: 302, location }
}

function linksTo(...links: string[]) {
  return { title: '', links, anchors: new Set<string>(), base: undefined }
}

test('redirects of the start name the site, through several hops', () => {
  const ledger = new Ledger('http://site.example')
  ledger.record(mustTake(ledger), redirectTo('https://site.example/'), 1)
  ledger.record(mustTake(ledger), redirectTo('https://www.site.example/'), 1)
  const front = mustTake(ledger)
  ledger.record(front, page, 1)
  ledger.follow(front, linksTo('/a', 'http://site.example/b'))
  expect(mustTake(ledger).url).toBe('https://www.site.example/a')
  expect(ledger.take()).toBeUndefined()
})

test('a redirect off the site is not followed, not even as the last address of the crawl', () => {
  const ledger = new Ledger('http://site.example')
  const front = mustTake(ledger)
  ledger.record(front, page, 1)
  ledger.follow(front, linksTo('/away'))
  ledger.record(mustTake(ledger), redirectTo('http://other.example/'), 1)
  expect(ledger.take()).toBeUndefined()
  expect([...ledger.unfollowed.keys()]).toEqual(['http://other.example/'])
})

test('a link of another spelling adds where it was found, not an address', () => {
  const ledger = new Ledger('http://site.example/')
  const front = mustTake(ledger)
  ledger.record(front, page, 1)
  ledger.follow(front, linksTo('/a', 'A/../a#one', '/%61#two'))
  const entry = mustTake(ledger)
  expect([...entry.foundOn]).toEqual(['http://site.example/'])
  expect([...entry.fragments.keys()]).toEqual(['one', 'two'])
  expect(ledger.waiting).toBe(0)
})
