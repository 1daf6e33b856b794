/**
 * The rules about single files: the two doors to C++ (one on each side), size, names, and what must never be written down.
 */
import ts from 'typescript'
import { codeLines } from './code-lines.ts'
import floors from './floors.json' with { type: 'json' }
import { importsOf, parse, scriptFile } from './imports.ts'
import { filesOf, type Rule } from './tree.ts'

const cxxFile = /\.(c|cc|cpp|h|hpp)$/
const sizedFile = /^(src|native|bench|test|examples|scripts)\/.*\.(ts|mts|mjs|js|cjs|c|cc|cpp|h|hpp|py)$/

export const oneAddonLoader: Rule = (tree) => {
  const violations: string[] = []
  for (const [path, text] of filesOf(tree, scriptFile)) {
    if (path === floors.addonLoader) continue
    for (const { specifier, line } of importsOf(tree, path, text)) {
      const loads = specifier === 'node-gyp-build' || specifier.endsWith('.node')
      if (loads) violations.push(`${path}:${line} loads an addon (${specifier}); only ${floors.addonLoader} may`)
    }
    const file = parse(path, text)
    const visit = (node: ts.Node): void => {
      const bySyscall = ts.isPropertyAccessExpression(node) && node.getText(file) === 'process.dlopen'
      const byRequire = path.startsWith('src/') && ts.isIdentifier(node) && node.text === 'createRequire'
      if (bySyscall || byRequire) {
        violations.push(`${path}: uses ${node.getText(file)}; only ${floors.addonLoader} loads an addon`)
        return
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
  }
  return violations
}

export const nodeApiBehindOneDoor: Rule = (tree) => {
  const include =
    /^\s*#\s*include\s*[<"](node_api|node_api_types|js_native_api|js_native_api_types|napi|napi-inl|node|v8)\.h[>"]/m
  return [...filesOf(tree, cxxFile)].flatMap(([path, text]) => {
    const header = path.startsWith(floors.nodeApiFolder) ? null : include.exec(text)
    return header === null ? [] : [`${path}: includes ${header[1]}.h; only ${floors.nodeApiFolder} may`]
  })
}

export const noLongFile: Rule = (tree) =>
  [...filesOf(tree, sizedFile)].flatMap(([path, text]) => {
    const lines = codeLines(path, text)
    return lines > floors.maxCodeLines ? [`${path}: ${lines} lines without comments and blanks`] : []
  })

export const noVagueName: Rule = (tree) =>
  [...tree.keys()].flatMap((path) => {
    const vague = path
      .split('/')
      .find((part) => floors.forbiddenNames.includes(part.replace(/\..*$/, '').toLowerCase()))
    return vague === undefined ? [] : [`${path}: "${vague}" says nothing of what is inside`]
  })

export const kebabCaseNames: Rule = (tree) =>
  [...filesOf(tree, sizedFile)].flatMap(([path]) =>
    path
      .split('/')
      .every((part) => /^[a-z0-9]+([-_.][a-z0-9]+)*$/.test(part) && (!part.includes('_') || path.endsWith('.py')))
      ? []
      : [`${path}: names are kebab-case`],
  )

/** Below `src/` nothing re-exports: every import names the file that has the thing. */
export const noBarrel: Rule = (tree) =>
  [...filesOf(tree, /^src\/.+\/.+\.ts$/)].flatMap(([path, text]) => {
    const reExports = parse(path, text).statements.some(
      (s) => ts.isExportDeclaration(s) && s.moduleSpecifier !== undefined,
    )
    if (path.endsWith('/index.ts')) return [`${path}: an index below src/`]
    return reExports ? [`${path}: re-exports from another file`] : []
  })

export const opensWithComment: Rule = (tree) =>
  [...filesOf(tree, /^(src|native)\/.*\.(ts|c|cc|h)$/)].flatMap(([path, text]) =>
    /^\s*(\/\*|\/\/)/.test(text) ? [] : [`${path}: opens without a comment that says what it is and why`],
  )

export const noMachinePath: Rule = (tree) => {
  const machine = /(?<![\w.-])\/(work|root|tmp\/coord)(\/|\b)/
  return [...tree].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, i) => (machine.test(line) ? [`${path}:${i + 1} names a path of one machine`] : [])),
  )
}

export const onlyNamedDependencies: Rule = (tree) => {
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as Record<string, Record<string, string> | undefined>
  return ['dependencies', 'peerDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind] ?? {})
      .filter((name) => kind !== 'dependencies' || !floors.runtimeDependencies.includes(name))
      .map((name) => `package.json: ${kind} has ${name}`),
  )
}
