/** The ledger is whole and names tests that exist; a small ledger that breaks a rule is caught. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Entry, faultsOf, type Sources } from './ledger.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

describe('the ledger of conformance', () => {
  test('has every method of the listed files once, with a test that exists or a reason', () => {
    const texts = new Map<string, string | undefined>()
    const sources: Sources = {
      ledger: readFileSync(here('./ledger.json'), 'utf8'),
      methods: methodLists(),
      read(path) {
        const known = texts.get(path)
        if (known !== undefined) return known
        const file = here(`../../${path}`)
        const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined
        texts.set(path, text)
        return text
      },
    }
    expect(faultsOf(sources)).toEqual([])
  })
})

describe('a ledger that is not sound is caught', () => {
  const one: Entry = { file: 'test_a', method: 'A.test_one', covered: 'a.ts > one of loop' }
  const two: Entry = { file: 'test_a', method: 'A.test_two', notApplicable: 'pickling: there is none' }
  const good = [one, two]
  const source = `
    describe('suite', () => {
      test('plain', () => {})
      describe(\`the \${name} loop\`, () => {
        test(\`one of \${kind}\`, () => {})
        test.each([1])('row %s of $name', () => {})
      })
      for (const title of titles) test(title, () => {})
    })
    describe('other suite', () => it('plain', () => {}))`
  const faults = (entries: Entry[], ledger = layOut(entries), methods = ['A.test_one', 'A.test_two']) =>
    faultsOf({
      ledger,
      methods: new Map([['test_a', methods]]),
      read: (path) => (path === 'a.ts' ? source : undefined),
    })
  const coveredBy = (covered: string | string[]) => faults([{ ...one, covered }, two])

  test('a sound one is not', () => expect(faults(good)).toEqual([]))

  test('a method that is missing, unknown or doubled', () => {
    expect(faults([two])).toEqual(['test_a A.test_one is missing'])
    expect(faults(good, undefined, ['A.test_one'])).toEqual(['test_a A.test_two is not in methods/test_a.txt'])
    expect(faults([...good, two])).toEqual(['test_a A.test_two stands twice'])
    expect(faults(good, undefined, ['A.test_one', 'A.test_two', 'A.test_two'])).toEqual([
      'methods/test_a.txt: a method stands twice',
    ])
  })

  test('a test that does not exist, or is not the only one of its name', () => {
    expect(coveredBy('b.ts > plain')).toEqual(['test_a A.test_one: there is no b.ts'])
    expect(coveredBy('a.ts > plane')).toEqual(['test_a A.test_one: a.ts has no test "plane"'])
    expect(coveredBy('a.ts > suite')).toEqual(['test_a A.test_one: a.ts has no test "suite"'])
    expect(coveredBy('a.ts > plain')).toEqual(['test_a A.test_one: a.ts has 2 tests "plain"'])
    expect(coveredBy('a.ts > suite > plain')).toEqual([])
    expect(
      coveredBy(['a.ts > the native loop > one of many', 'a.ts > row 1 of x', 'a.ts > other suite > plain']),
    ).toEqual([])
    expect(coveredBy('a.ts > title')).toEqual(['test_a A.test_one: a.ts has no test "title"'])
    expect(coveredBy([])).toEqual(['test_a A.test_one: covered by nothing'])
  })

  test('an entry that says neither or both, or gives no kind of reason, or more than asked', () => {
    const either = 'test_a A.test_one: say either what covers it or why it cannot apply'
    const first = { file: 'test_a', method: 'A.test_one' }
    expect(faults([first, two])).toEqual([either])
    expect(faults([{ ...one, notApplicable: 'both: of them' }, two])).toEqual([either])
    expect(faults([{ ...first, notApplicable: 'because' }, two])).toEqual([
      'test_a A.test_one: the reason reads "kind: detail"',
    ])
    expect(faults([{ ...one, note: '' } as Entry, two])).toEqual(['test_a A.test_one: what is note?'])
  })

  test('entries that are not on a line each, or not sorted by file', () => {
    expect(faults(good, JSON.stringify(good))).toEqual(['ledger.json: one entry a line, as JSON.stringify writes it'])
    const other = { file: 'test_0', method: 'A.test_one', notApplicable: 'pickling: there is none' }
    expect(faults([...good, other])).toContain('ledger.json: entries are sorted by file')
  })
})

function layOut(entries: readonly Entry[]): string {
  return `[\n${entries.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`
}

/** methods/<file>.txt, one `Class.method` a line; files of other projects stand in a folder of that name. */
function methodLists(): Map<string, string[]> {
  const lists = new Map<string, string[]>()
  for (const path of readdirSync(here('./methods'), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!path.endsWith('.txt')) continue
    const name = path.replaceAll('\\', '/').slice(0, -'.txt'.length)
    lists.set(
      name,
      readFileSync(here(`./methods/${path}`), 'utf8')
        .trimEnd()
        .split(/\r?\n/),
    )
  }
  return lists
}
