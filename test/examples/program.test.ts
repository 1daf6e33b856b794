// The whole program in processes of its own: what it prints, what it leaves, and how it ends.

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Program, readReport, startCrawler } from './program.ts'

const litter: string[] = []
let folder: string

async function crawler(...args: string[]): Promise<Program> {
  const program = await startCrawler(args)
  litter.push(program.out)
  return program
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aioloop-site-'))
  litter.push(folder)
  await mkdir(join(folder, 'sub'))
  await writeFile(
    join(folder, 'index.html'),
    '<title>Home</title><a href="sub">sub</a><a href="missing.html">missing</a>',
  )
  await writeFile(join(folder, 'sub', 'index.html'), '<title>Sub</title><a href="../">home</a><img src="a%20b.png">')
  await writeFile(join(folder, 'sub', 'a b.png'), 'no picture')
})
afterAll(async () => {
  for (const path of litter) await rm(path, { recursive: true, force: true })
})

test('a folder is served, crawled, saved and reported, the same on both loops', async () => {
  for (const loop of ['native', 'portable']) {
    const { out, ended } = await crawler(folder, '--loop', loop)
    const { code, stdout, stderr } = await ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(`${loop} loop`)
    expect(stdout).toContain('2 pages, 1 other file, 1 redirect, 4 links')
    expect(stdout).toContain('broken: /missing.html (status 404, on /)')
    const report = await readReport(out)
    expect(report).toMatchObject({
      interrupted: false,
      loop: { loop },
      totals: { visited: 5, broken: 1 },
      notSaved: [],
    })
    expect((await readdir(join(out, 'pages'), { recursive: true })).sort()).toEqual(
      ['index.html', 'sub', join('sub', 'a%20b.png'), join('sub', 'index.html')].sort(),
    )
    expect(await readFile(join(out, 'pages', 'index.html'), 'utf8')).toContain('<title>Home</title>')
    expect(await readFile(join(out, 'report.txt'), 'utf8')).toContain('Broken (1)')
  }
})

test('--no-save writes the report only', async () => {
  const { out, ended } = await crawler(folder, '--no-save')
  expect((await ended).code).toBe(0)
  expect((await readdir(out)).sort()).toEqual(['report.json', 'report.txt'])
})

test('^C stops the crawl with what it has: a partial report, and exit code 130', async () => {
  const answered = 20
  let asked = 0
  let stuck = 0
  const links = Array.from({ length: 100 }, (_, index) => `<a href="/${index}">x</a>`).join('')
  const server = createServer((request, response) => {
    if (request.url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(links)
    else if (asked++ < answered) response.writeHead(200, { 'content-type': 'text/html' }).end('page')
    else if (++stuck === 4) server.emit('stuck')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const loop of ['native', 'portable']) {
    asked = 0
    stuck = 0
    const { child, out, ended } = await crawler(
      `http://127.0.0.1:${port}/`,
      '--loop',
      loop,
      '--concurrency',
      '4',
      '--timeout',
      '60000',
    )
    await once(server, 'stuck')
    child.kill('SIGINT')
    const { code, signal, stdout, stderr } = await ended
    expect({ code, signal, stderr }).toEqual({ code: 130, signal: null, stderr: '' })
    expect(stdout).toContain('stopped before the end: 80 addresses known and not visited')
    expect(await readReport(out)).toMatchObject({
      interrupted: true,
      totals: { visited: 21, notVisited: 80, pages: 21, broken: 0 },
    })
  }
  server.closeAllConnections()
  server.close()
})

test('the site that is crawled by default is whole', async () => {
  const { out, ended } = await crawler('--max-pages', '60', '--no-save')
  const { code, stdout, stderr } = await ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { totals, broken } = await readReport(out)
  expect(totals).toMatchObject({ visited: 60, redirects: 0 })
  expect(totals.visited + totals.notVisited).toBeGreaterThan(300)
  expect(broken).toEqual([])
  expect(stdout).toMatch(/limit of pages reached: \d+ addresses known and not visited/)
}, 600_000)

test('a target that cannot be crawled is one line on stderr and exit code 1', async () => {
  for (const target of ['no-such-folder', 'http://[bad']) {
    const { ended } = await crawler(target)
    const { code, stderr } = await ended
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain(`cannot crawl ${target}`)
  }
})

test('a dead server is reported, and exit code 1', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const { out, ended } = await crawler(`http://127.0.0.1:${port}`)
  expect((await ended).code).toBe(1)
  expect((await readReport(out)).broken).toMatchObject([{ reason: 'connection refused', foundOn: [] }])
})

test('options out of range are refused before anything runs', async () => {
  for (const args of [
    ['--concurrency', '0'],
    ['--timeout', 'soon'],
    ['--max-pages', '1.5'],
    ['--loop', 'quantum'],
    ['a', 'b'],
  ]) {
    const { out, ended } = await crawler(...args)
    const { code, stderr } = await ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: /)
    expect(existsSync(join(out, 'report.json'))).toBe(false)
  }
})
