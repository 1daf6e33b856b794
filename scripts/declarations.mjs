// Mends what tsc leaves in declarations that are published, without moving a column (declaration maps stay exact):
//
// - import paths end in `.ts`, as the sources write them: they become `.js`, which every consumer's settings resolve;
// - `implements` clauses stay although `stripInternal` took the members that satisfy them, which fails to compile for a
//   consumer with `skipLibCheck: false`. A declared class lists its members anyway, so the clause is blanked.
//
// Only scripts/build.mjs calls this.
import ts from 'typescript'

export function mendDeclarations(text) {
  const file = ts.createSourceFile('declarations.d.ts', text, ts.ScriptTarget.ES2022, true)
  const blanks = []
  const visit = (node) => {
    const isImplements = ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword
    if (isImplements) blanks.push([node.getStart(file), node.getEnd()])
    ts.forEachChild(node, visit)
  }
  visit(file)
  let mended = text
  for (const [start, end] of blanks) {
    mended = mended.slice(0, start) + mended.slice(start, end).replace(/[^\n]/g, ' ') + mended.slice(end)
  }
  return mended.replace(/((?:from |import\()(['"])\.{1,2}\/[^'"\n]*)\.ts\2/g, '$1.js$2')
}
