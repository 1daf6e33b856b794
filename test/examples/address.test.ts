// Many spellings, one address: the key everything in the crawl hangs on.

import { expect, test } from 'vitest'
import { displayAddress, resolveLink } from '../../examples/crawler/address.ts'

const base = 'http://site.example/docs/guide.html'

function urlOf(href: string): string {
  const resolved = resolveLink(href, base)
  return resolved.kind === 'web' ? resolved.url : resolved.kind
}

test('every spelling of one address resolves to the same text', () => {
  const spellings = [
    '/docs/a%7Eb.html',
    'a~b.html',
    './a~b.html#part',
    '../docs/./a%7eb.html?',
    'HTTP://SITE.example:80/docs/x/../a~b.html',
    '//site.example/docs/a~b.html',
    '\n /docs/\ta~b.html ',
    '\\docs\\a~b.html',
  ]
  expect(new Set(spellings.map(urlOf))).toEqual(new Set(['http://site.example/docs/a~b.html']))
})

test('what differs in meaning stays different', () => {
  const different = [
    '/a',
    '/a/',
    '/A',
    '/a?x',
    '/a?y',
    '/a%2Fb',
    '/a/b',
    '//other.example/a',
    'https://site.example/a',
    '/a%25',
  ]
  expect(new Set(different.map(urlOf)).size).toBe(different.length)
})

test('a fragment is set apart from the address', () => {
  expect(resolveLink('#the%20end', base)).toEqual({ kind: 'web', url: base, fragment: 'the%20end' })
  expect(resolveLink('', base)).toEqual({ kind: 'web', url: base, fragment: '' })
})

test('links that no crawler can follow are told apart', () => {
  expect(resolveLink('mailto:a@b', base)).toEqual({ kind: 'other', scheme: 'mailto' })
  expect(resolveLink('javascript:void 0', base)).toEqual({ kind: 'other', scheme: 'javascript' })
  expect(resolveLink('http://[bad', base)).toEqual({ kind: 'invalid' })
  expect(resolveLink('http://', base)).toEqual({ kind: 'invalid' })
})

test('addresses on the site are shown by their path', () => {
  expect(displayAddress('http://site.example/a?b', 'http://site.example')).toBe('/a?b')
  expect(displayAddress('http://site.example.org/a', 'http://site.example')).toBe('http://site.example.org/a')
})
