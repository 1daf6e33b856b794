/**
 * The titles of the tests in a source file, read with TypeScript's parser, so that the ledger can be checked without
 * running the suites it names. A title made of a template or a table (`${name}`, `%s`) matches what it can become.
 */
import ts from 'typescript'
import { parse } from '../architecture/imports.ts'

/** A test as it stands in the source: its own title and those of the describes around it, outermost first. */
export interface Title {
  readonly line: number
  readonly own: RegExp
  readonly around: readonly RegExp[]
}

export function titlesOf(path: string, text: string): Title[] {
  const file = parse(path, text)
  const found: Title[] = []
  const visit = (node: ts.Node, around: readonly RegExp[]): void => {
    const call = ts.isCallExpression(node) ? titledCall(node) : undefined
    if (call === undefined) {
      ts.forEachChild(node, (child) => visit(child, around))
      return
    }
    if (call.kind === 'test') {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
      found.push({ line, own: call.title, around })
      return
    }
    ts.forEachChild(node, (child) => visit(child, [...around, call.title]))
  }
  visit(file, [])
  return found
}

/** The tests that `title`, or `describe > title`, names. */
export function named(titles: readonly Title[], name: readonly string[]): Title[] {
  const own = name.at(-1) ?? ''
  const outer = name.slice(0, -1)
  return titles.filter((title) => {
    if (!title.own.test(own)) return false
    let next = 0
    for (const pattern of title.around) if (next < outer.length && pattern.test(outer[next] ?? '')) next++
    return next === outer.length
  })
}

function titledCall(call: ts.CallExpression): { kind: 'test' | 'describe'; title: RegExp } | undefined {
  const word = rootOf(call.expression)
  const argument = call.arguments[0]
  if (word === undefined || argument === undefined) return undefined
  const title = pattern(argument)
  return title === undefined ? undefined : { kind: word === 'describe' ? 'describe' : 'test', title }
}

/** `test`, `it` or `describe` under `.each(...)`, `.for(...)`, `.concurrent` and the like. */
function rootOf(callee: ts.Expression): 'test' | 'it' | 'describe' | undefined {
  if (ts.isPropertyAccessExpression(callee)) return rootOf(callee.expression)
  if (ts.isCallExpression(callee)) return rootOf(callee.expression)
  if (!ts.isIdentifier(callee)) return undefined
  return callee.text === 'test' || callee.text === 'it' || callee.text === 'describe' ? callee.text : undefined
}

/** Undefined where the title is not written out: such a test cannot be named. */
function pattern(title: ts.Expression): RegExp | undefined {
  if (ts.isStringLiteralLike(title)) return new RegExp(`^${fromTable(title.text)}$`)
  if (!ts.isTemplateExpression(title)) return undefined
  const parts = [title.head.text, ...title.templateSpans.map((span) => span.literal.text)]
  return new RegExp(`^${parts.map(fromTable).join('.+')}$`)
}

/** `%s`, `%i`, `$name` are filled in by the table of `test.each`. */
function fromTable(text: string): string {
  return text
    .split(/%[sdifjo]|\$[a-z]\w*/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.+')
}
