// What is read from a page, and what is not, down to markup that no tree could be made of.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPage } from '../../examples/crawler/links.ts'

const linksOf = (source: string) => readPage(source).links

test('links are taken from every element that loads or leads somewhere', () => {
  const source = `<a href=1><link href=2 rel=stylesheet><script src=3></script><img src=4><iframe src=5></iframe>
    <video src=6 poster=7></video><object data=8></object><svg><use href=9 /><a xlink:href=10></a></svg><area href=11>`
  expect(linksOf(source)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'])
})

test('markup in text, scripts and comments is no link, markup in templates and noscript is', () => {
  const source = `<title><a href=1></a></title><script>"<a href=2>"</script><style><a href=3></style><!-- <a href=4> -->
    <textarea><a href=5></textarea><template><a href=6></template><noscript><a href=7></noscript>`
  expect(linksOf(source)).toEqual(['6', '7'])
})

test('a srcset gives each of its addresses', () => {
  expect(linksOf('<img srcset="a.png 1x,b.png 2x, c.png,, d,e.png 3x ,f.png">')).toEqual([
    'a.png',
    'b.png',
    'c.png',
    'd,e.png',
    'f.png',
  ])
  expect(linksOf('<img srcset=" , ,">')).toEqual([])
})

test('a refresh leads on, and a connection hint does not', () => {
  expect(linksOf('<meta http-equiv=REFRESH content="0; url=next"><link rel="preconnect" href="//host">')).toEqual([
    'next',
  ])
  expect(linksOf('<meta http-equiv=refresh content="30">')).toEqual([])
})

test('references in attributes are decoded, and each link is given once', () => {
  expect(linksOf('<a href="?a=1&amp;b=2"><a href="?a=1&amp;b=2"><a href=" ?a=1&amp;b=2 ">')).toEqual(['?a=1&b=2'])
})

test('the title is the first one, in one line', () => {
  expect(readPage('<title> One\n &amp; all </title><svg><title>no</title></svg><title>two</title>').title).toBe(
    'One & all',
  )
  expect(readPage('<title>never closed').title).toBe('never closed')
})

test('anchors are ids, and names of <a>', () => {
  expect([...readPage('<p id=a><a name=b><input name=c><p id="d e">').anchors]).toEqual(['a', 'b', 'd e'])
})

test('elements named like members of objects are elements like any other', () => {
  expect(linksOf('<constructor href=1><__proto__ src=2><a constructor __proto__=x href=3>')).toEqual(['3'])
})

test('any text at all is a page', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('<', '<a href=', '">', '<svg>', '</', '<!--', '<script>', '&#x', '\0', '<![CDATA['),
  )
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const page = readPage(pieces.join(''))
      expect(page.links.every((link) => typeof link === 'string')).toBe(true)
    }),
  )
})

test('time grows with the length of a page, not with its depth or its commas', () => {
  for (const source of [
    '<div>'.repeat(300_000),
    `<img srcset="${','.repeat(1_000_000)}x">`,
    '<b><a>'.repeat(200_000),
  ]) {
    // Anything quadratic would take minutes here, and the runner's limit is seconds.
    readPage(source)
  }
}, 120_000)
