/**
 * The documentation tells the truth: every code block tagged ```ts run in README.md, CONTRIBUTING.md and docs/ is compiled
 * strictly and run against the built package; a ```text block right behind it is what it must print. Links between the
 * pages lead to files that exist.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = dirname(dirname(import.meta.dirname))
const folder = join(root, '.cache', 'docs')

interface Example {
  readonly place: string
  readonly file: string
  readonly output: string | undefined
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.startsWith('api'))
    .map((file) => join('docs', file)),
]

function examplesOf(page: string): Example[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```ts run\n([\s\S]*?)^```\n(?:\n*```text\n([\s\S]*?)^```)?/gm)].map((match, index) => {
    const line = text.slice(0, match.index).split('\n').length
    const file = join(folder, `${page.replaceAll(/[^\w]/g, '-').toLowerCase()}-${index + 1}.ts`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, match[1] ?? '')
    return { place: `${page}:${line}`, file, output: match[2] }
  })
}

const examples = pages.flatMap(examplesOf)

describe('examples in the documentation', () => {
  it('there are some', () => {
    expect(examples.length).toBeGreaterThan(0)
  })

  it('compile strictly', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object }
    const files = examples.map(({ file }) => file)
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files }, ts.sys, root)
    const program = ts.createProgram(files, { ...options, noUnusedLocals: false })
    const complaints = files
      .flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)))
      .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
    expect(complaints).toEqual([])
  }, 600_000)

  it.each(examples)('$place runs', async ({ file, output }) => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'scripts', 'run.mjs'), file], {
      cwd: root,
      timeout: 300_000,
    })
    if (output !== undefined) expect(stdout).toBe(output)
  })
})

describe('links between pages', () => {
  it.each(pages)('%s', (page) => {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
    const dead = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(resolve(root, dirname(page), target)))
    expect(dead).toEqual([])
  })
})
