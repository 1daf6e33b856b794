// A web server that does everything a crawler must survive, one path for each misbehaviour.
//
// `startNastyServer` listens on a free loopback port; `hits` counts the requests by path, so that a test can see what was
// asked for, and how often. The front page links to every case but two: the answers that never end stand on a page of their
// own (/never), so that the rest is crawled without a deadline that a slow machine could miss. Close it after the test.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface NastyServer {
  readonly url: string
  readonly hits: ReadonlyMap<string, number>
  close(): void
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void

const page =
  (body: string): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body)
  }

const redirect =
  (location: string): Answer =>
  (response) => {
    response.writeHead(302, { location }).end()
  }

/** Every byte there is, again and again. */
const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256))

const frontPage = `<!doctype html><title> Front
  page </title>
<a href="/gone">gone</a> <a href=/boom>boom</a>
<a href="/endless">endless</a> <a href="/giant">giant</a> <a href="/ring-a">ring</a> <a href="/ring-c">ring</a>
<a href="/self">self</a> <a href="/forever?n=1">forever</a> <a href="/old">old</a> <a href="/away">away</a>
<a href="/nowhere">nowhere</a> <a href="/odd">odd</a> <img src="/picture.png" srcset="/small.png 1x,/large.png 2x">
<a href="/binary">binary</a> <a href="/reset">reset</a> <a href="/half">half</a> <a href="/garbage">garbage</a>
<a href="/gzip">gzip</a> <a href="/malformed">malformed</a> <a href="/headers">headers</a> <a href="/empty">empty</a>
<a href="/based">based</a> <a href="/unnamed">unnamed</a> <a href="/strange-charset">charset</a> <a href="/crash">crash</a>
<a href="/page">1</a> <a href="./page">2</a> <a href="/x/../page">3</a> <a href="/%70age">4</a> <a href=" /page
">5</a> <a href="/page?">6</a> <a href="/caf%c3%a9">7</a> <a href="/caf%C3%A9">8</a> <a href="/café">9</a>
<a href="/page#here">ok</a> <a href="/page#na%6De">ok</a> <a href="/page#top">ok</a> <a href="/page#:~:text=x">ok</a>
<a href="/page#missing">bad</a> <a href="/old#lost">bad</a> <a href="/page#%zz">bad</a> <a href="#">ok</a>
<a href="mailto:a@b.example">mail</a> <a href="javascript:void 0">script</a> <a href="tel:123">call</a>
<a href="data:text/html,x">data</a> <a href="http://[bad">bad</a> <a href="https://other.example/x#y">other</a>
<script>document.write('<a href="/in-script">no</a>')</script><!-- <a href="/in-comment">no</a> -->
<template><a href="/in-template">yes</a></template><noscript><a href="/in-noscript">yes</a></noscript>`

const malformed = `<html><body></p></table><a href=/from-malformed <b><<a href="/unclosed>
<constructor href="x"><a href='/after-all' id=a id=b></a href="/end-tag"><svg><title>no</title><a xlink:href="x"></svg>
<a href="/late">${'<div>'.repeat(50_000)}&#xD800;\u0000<a href="/deep">`

const answers: Readonly<Record<string, Answer>> = {
  '/': page(frontPage),
  '/page': page('<title>A page</title><p id="here"><a name="name"></a> <a href="/">front</a>'),
  '/boom': (response) => response.writeHead(500).end('no'),
  '/never': page('<a href="/silent">no answer</a> <a href="/trickle">no end</a>'),
  '/silent': () => {},
  '/trickle': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).write('<p>')
    const drip = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(drip))
  },
  '/endless': (response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    const more = () => {
      while (!response.destroyed && response.write(bytes));
    }
    response.on('drain', more)
    more()
  },
  '/giant': page(`<title>giant</title>${'<p>'.repeat(400_000)}`),
  '/ring-a': redirect('/ring-b'),
  '/ring-b': redirect('ring-c'),
  '/ring-c': redirect('/ring-a'),
  '/self': redirect(''),
  '/forever': (response, request) => {
    const n = Number(new URL(request.url ?? '', 'http://nasty').searchParams.get('n'))
    redirect(`/forever?n=${n + 1}`)(response, request)
  },
  '/old': redirect('/page'),
  '/away': redirect('https://other.example/moved'),
  '/nowhere': (response) => response.writeHead(302).end(),
  '/odd': redirect('mailto:someone'),
  '/picture.png': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end(bytes),
  '/small.png': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end(bytes.subarray(0, 16)),
  '/large.png': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end(bytes.subarray(0, 32)),
  '/binary': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(bytes),
  '/reset': (_, request) => request.socket.resetAndDestroy(),
  '/half': (response, request) => {
    response
      .writeHead(200, { 'content-type': 'text/html', 'content-length': 1000 })
      .write('<p>', () => request.socket.destroy())
  },
  '/garbage': (_, request) => request.socket.end('220 smtp.example ESMTP ready\r\n'),
  '/gzip': (response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(bytes)
  },
  '/malformed': page(malformed),
  '/headers': (response) => response.writeHead(200, { 'x-long': 'x'.repeat(40_000) }).end(),
  '/empty': page(''),
  '/based': page(
    '<base href="/sub/"><base href="/ignored/"><a href="x">x</a><meta http-equiv="Refresh" content="5; URL=\'y\'">',
  ),
  '/sub/x': page('x'),
  '/sub/y': page('y'),
  '/unnamed': (response) => response.writeHead(200).end('plain'),
  '/strange-charset': (response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=klingon-7' }).end('<a href="/sub/x">x</a>')
  },
  '/crash': (response) =>
    response.writeHead(200, { 'content-type': 'text/html', 'transfer-encoding': 'chunked' }).end('x'),
  '/caf%C3%A9': page('coffee'),
  '/in-template': page('in a template'),
  '/in-noscript': page('in noscript'),
  '/after-all': page('after all'),
  '/late': page('late'),
  '/deep': page('deep'),
}

/** `redirects` are paths to answer otherwise. */
export async function startNastyServer(redirects: Readonly<Record<string, string>> = {}): Promise<NastyServer> {
  const hits = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://nasty').pathname
    hits.set(path, (hits.get(path) ?? 0) + 1)
    const elsewhere = redirects[path]
    const answer = elsewhere === undefined ? answers[path] : redirect(elsewhere)
    if (answer === undefined) response.writeHead(404).end('not here')
    else answer(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    hits,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
