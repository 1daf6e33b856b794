// The output folder: saved bodies under pages/, and the report as report.json and report.txt.
//
// A saved file's path is made from its address alone, so two crawls of one site fill the folder alike; a port or a scheme
// does not show in it. Whatever an address holds, its file stays inside the folder.

import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gather } from 'aioloop'
import type { Report } from './report.ts'
import { formatReport } from './report-text.ts'

/** File systems end a name at 255 bytes; addresses do not. */
const longestName = 180

export async function saveBody(folder: string, url: string, body: Buffer, isPage: boolean): Promise<void> {
  const path = join(folder, 'pages', savedPath(url, isPage))
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, body)
}

export async function writeReport(folder: string, report: Report): Promise<void> {
  await mkdir(folder, { recursive: true })
  await gather([
    () => writeFile(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`),
    () => writeFile(join(folder, 'report.txt'), formatReport(report)),
  ])
}

/** The path under pages/ for an address. */
export function savedPath(url: string, isPage: boolean): string {
  const { pathname, search } = new URL(url)
  const names = pathname.slice(1).split('/')
  let file = names.pop() ?? ''
  if (file === '') file = 'index'
  if (search !== '') file += `@${encodeURIComponent(search.slice(1))}`
  if (isPage && !/\.x?html?$/i.test(file)) file += '.html'
  return join(...names.map(safeName), safeName(file))
}

function safeName(name: string): string {
  // No way up, no empty name, nothing that some file system refuses.
  const plain = /^\.{0,2}$/.test(name)
    ? '_'
    : name.replace(/[<>:"|?*\\]/g, (character) => encodeURIComponent(character).replace('*', '%2A'))
  if (plain.length <= longestName) return plain
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12)
  const extension = /\.\w{1,8}$/.exec(plain)?.[0] ?? ''
  return `${plain.slice(0, longestName)}-${digest}${extension}`
}
