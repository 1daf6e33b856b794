/**
 * Reads the imports of TypeScript and JavaScript files with TypeScript's own parser: static and dynamic imports, re-exports,
 * `import x = require()`, `require()`, and `import('x').T` in types. Relative ones are resolved against the tree, without
 * touching the disk.
 */
import { posix } from 'node:path'
import ts from 'typescript'
import type { Tree } from './tree.ts'

export interface Import {
  readonly specifier: string
  /** The imported file's path in the tree; undefined for packages, Node's modules and files that do not exist. */
  readonly target: string | undefined
  readonly typeOnly: boolean
  readonly line: number
}

export const scriptFile = /\.(ts|mts|mjs|js|cjs)$/

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

/** Imports of every script file in the tree, by path. */
export function importGraph(tree: Tree): Map<string, Import[]> {
  const graph = new Map<string, Import[]>()
  for (const [path, text] of tree) if (scriptFile.test(path)) graph.set(path, importsOf(tree, path, text))
  return graph
}

export function importsOf(tree: Tree, path: string, text: string): Import[] {
  const file = parse(path, text)
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    const hit = importIn(node)
    if (hit !== undefined) {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
      found.push({ ...hit, target: resolve(tree, path, hit.specifier), line })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

function importIn(node: ts.Node): { specifier: string; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause
    return literal(node.moduleSpecifier, clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || onlyTypeNames(clause))
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
    return literal(node.moduleSpecifier, node.isTypeOnly)
  if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
    return literal(node.moduleReference.expression, node.isTypeOnly)
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal, true)
  if (ts.isCallExpression(node)) {
    const callee = node.expression
    const isRequire = ts.isIdentifier(callee) && callee.text === 'require'
    const argument = node.arguments[0]
    if ((isRequire || callee.kind === ts.SyntaxKind.ImportKeyword) && argument !== undefined)
      return literal(argument, false)
  }
  return undefined
}

/** `import { type A, type B } from`. */
function onlyTypeNames(clause: ts.ImportClause | undefined): boolean {
  const bindings = clause?.namedBindings
  if (clause === undefined || clause.name !== undefined || bindings === undefined) return false
  return ts.isNamedImports(bindings) && bindings.elements.length > 0 && bindings.elements.every((e) => e.isTypeOnly)
}

function literal(node: ts.Node, typeOnly: boolean): { specifier: string; typeOnly: boolean } | undefined {
  return ts.isStringLiteralLike(node) ? { specifier: node.text, typeOnly } : undefined
}

function resolve(tree: Tree, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = posix.join(posix.dirname(from), specifier)
  return [path, `${path}.ts`, path.replace(/\.js$/, '.ts')].find((candidate) => tree.has(candidate))
}
