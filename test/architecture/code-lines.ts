/**
 * Counts the lines of a file that hold code: not blank, not comment only. For TypeScript and JavaScript by its tokens, for
 * C++ and Python by a small scanner that knows strings.
 */
import ts from 'typescript'
import { parse, scriptFile } from './imports.ts'

export function codeLines(path: string, text: string): number {
  if (scriptFile.test(path)) return scriptLines(path, text)
  return nonBlank(path.endsWith('.py') ? withoutHashComments(text) : withoutComments(text))
}

function scriptLines(path: string, text: string): number {
  const file = parse(path, text)
  const lines = new Set<number>()
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return
    const children = node.getChildren(file)
    if (children.length > 0) for (const child of children) visit(child)
    else if (node.getWidth(file) > 0) {
      for (let line = lineOf(node.getStart(file)); line <= lineOf(node.getEnd()); line++) lines.add(line)
    }
  }
  visit(file)
  return lines.size
}

/** C and C++: strings and characters are kept, comments leave their line breaks. */
function withoutComments(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (token) =>
    token.startsWith('/') ? token.replace(/[^\n]/g, '') : token,
  )
}

function withoutHashComments(text: string): string {
  return text.replace(/^\s*#.*$/gm, '')
}

function nonBlank(text: string): number {
  return text.split('\n').filter((line) => line.trim() !== '').length
}
