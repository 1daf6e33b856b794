// The folder server gives what is in the folder, and nothing else.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SiteServer, serveFolder } from '../../examples/crawler/site-server.ts'

let base: string
let server: SiteServer

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'aioloop-serve-'))
  await mkdir(join(base, 'site', 'list'), { recursive: true })
  await writeFile(join(base, 'secret.txt'), 'secret')
  await writeFile(join(base, 'site', 'index.html'), 'front')
  await writeFile(join(base, 'site', 'list', 'a & b.txt'), 'text')
  await symlink(join(base, 'secret.txt'), join(base, 'site', 'link.txt'))
  server = await serveFolder(join(base, 'site'))
})
afterAll(async () => {
  server.close()
  await rm(base, { recursive: true })
})

/** The path goes out as it is: `fetch` would tidy it first. */
function get(path: string): Promise<{ status: number | undefined; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(server.url), { path, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body }))
    })
    asked.on('error', reject).end()
  })
}

test('files are served with their type, folders by their index or a listing', async () => {
  expect(await get('/')).toEqual({ status: 200, type: 'text/html; charset=utf-8', body: 'front' })
  expect(await get('/list/a%20%26%20b.txt?x')).toMatchObject({
    status: 200,
    type: 'text/plain; charset=utf-8',
    body: 'text',
  })
  expect(await get('/list')).toMatchObject({ status: 301 })
  expect((await get('/list/')).body).toContain('<a href="./a%20%26%20b.txt">')
})

test.each([
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/link.txt',
  '/%00',
  '/%zz',
  '//',
  '/none',
  '/index.html/x',
])('nothing is found at %s', async (path) => {
  const { status, body } = await get(path)
  expect(body).not.toContain('secret')
  expect([200, 404]).toContain(status)
  if (path !== '//') expect(status).toBe(404)
})
