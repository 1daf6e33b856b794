// Gives classes back the names that esbuild takes from them. When a class mentions itself, esbuild bundles it as
// `var Task = class _Task { ... _Task ... }`, and users would read `_Task` in every inspected object and stack trace.
// esbuild's own cure, keepNames, wraps every function of the bundle in a helper, hot ones included.
//
// Each `_Task` becomes `Task ` (same length), so that source maps stay exact. Only scripts/build.mjs calls this.
import ts from 'typescript'

/** The bundle's text with every class named as its source names it. */
export function restoreClassNames(text) {
  const file = ts.createSourceFile('chunk.js', text, ts.ScriptTarget.ES2022, false, ts.ScriptKind.JS)
  const places = []
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !ts.isClassExpression(initializer) || !ts.isIdentifier(name)) continue
      const alias = initializer.name?.text
      if (alias === `_${name.text}`) collect(file, initializer, alias, places)
    }
  }
  let restored = ''
  let from = 0
  for (const { start, name } of places.sort((a, b) => a.start - b.start)) {
    restored += `${text.slice(from, start)}${name} `
    from = start + name.length + 1
  }
  return restored + text.slice(from)
}

function collect(file, node, alias, places) {
  if (ts.isIdentifier(node) && node.text === alias) places.push({ start: node.getStart(file), name: alias.slice(1) })
  ts.forEachChild(node, (child) => collect(file, child, alias, places))
}
