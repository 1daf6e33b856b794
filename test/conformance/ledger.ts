/**
 * The ledger of conformance: for every test method of asyncio's own suites, the test here that covers its behaviour, or why
 * it cannot apply. This file says what a sound ledger is; ledger.test.ts holds the one of the project to it.
 *
 * The lists of methods (methods/<file>.txt) are what keeps a method from being dropped: the ledger has exactly those.
 */
import { named, titlesOf } from './titles.ts'

export interface Entry {
  readonly file: string
  readonly method: string
  /** `path > title` or `path > describe > title`; several where one method tests several things. */
  readonly covered?: string | readonly string[]
  readonly notApplicable?: string
}

export interface Sources {
  /** The text of ledger.json. */
  readonly ledger: string
  /** Methods by file, in the order of the file. */
  readonly methods: ReadonlyMap<string, readonly string[]>
  /** The text of a file of the project; undefined if there is none. */
  read(path: string): string | undefined
}

/** What is wrong with the ledger, a line each. */
export function faultsOf(sources: Sources): string[] {
  const entries = JSON.parse(sources.ledger) as Entry[]
  return [
    ...shapeFaults(entries),
    ...layoutFaults(sources.ledger, entries),
    ...methodFaults(entries, sources.methods),
    ...entries.flatMap((entry) => coverFaults(entry, sources)),
  ]
}

const keys = new Set(['file', 'method', 'covered', 'notApplicable'])

function shapeFaults(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => {
    const faults: string[] = []
    const unknown = Object.keys(entry).filter((key) => !keys.has(key))
    if (unknown.length > 0) faults.push(`${label(entry)}: what is ${unknown.join(', ')}?`)
    if ((entry.covered === undefined) === (entry.notApplicable === undefined)) {
      faults.push(`${label(entry)}: say either what covers it or why it cannot apply`)
    }
    if (namesOf(entry).length === 0 && entry.covered !== undefined) faults.push(`${label(entry)}: covered by nothing`)
    if (entry.notApplicable !== undefined && !/^[^:]+: \S/.test(entry.notApplicable)) {
      faults.push(`${label(entry)}: the reason reads "kind: detail"`)
    }
    return faults
  })
}

/** One entry a line, so that edits of different files of the suite merge. */
function layoutFaults(text: string, entries: readonly Entry[]): string[] {
  const wanted = `[\n${entries.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`
  const faults = text === wanted ? [] : ['ledger.json: one entry a line, as JSON.stringify writes it']
  const files = entries.map((entry) => entry.file)
  if (files.join('\n') !== [...files].sort().join('\n')) faults.push('ledger.json: entries are sorted by file')
  return faults
}

function methodFaults(entries: readonly Entry[], methods: Sources['methods']): string[] {
  const faults: string[] = []
  const seen = new Set<string>()
  for (const entry of entries) {
    if (seen.has(label(entry))) faults.push(`${label(entry)} stands twice`)
    seen.add(label(entry))
    if (methods.get(entry.file)?.includes(entry.method) !== true) {
      faults.push(`${label(entry)} is not in methods/${entry.file}.txt`)
    }
  }
  for (const [file, list] of methods) {
    if (new Set(list).size !== list.length) faults.push(`methods/${file}.txt: a method stands twice`)
    for (const method of list)
      if (!seen.has(label({ file, method }))) faults.push(`${label({ file, method })} is missing`)
  }
  return faults
}

function coverFaults(entry: Entry, sources: Sources): string[] {
  return namesOf(entry).flatMap((name) => {
    const [path = '', ...title] = name.split(' > ')
    const text = sources.read(path)
    if (text === undefined) return [`${label(entry)}: there is no ${path}`]
    const hits = named(titlesOf(path, text), title)
    if (hits.length === 0) return [`${label(entry)}: ${path} has no test "${title.join(' > ')}"`]
    if (hits.length > 1) return [`${label(entry)}: ${path} has ${hits.length} tests "${title.join(' > ')}"`]
    return []
  })
}

function namesOf(entry: Entry): readonly string[] {
  return typeof entry.covered === 'string' ? [entry.covered] : (entry.covered ?? [])
}

function label(entry: Pick<Entry, 'file' | 'method'>): string {
  return `${entry.file} ${entry.method}`
}
