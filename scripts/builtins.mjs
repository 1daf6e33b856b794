// Has the bundle take Node's own modules from `process.getBuiltinModule` rather than import them. For an import Node makes a
// namespace with every export of the module, and to make it runs their getters: `node:fs` then loads its streams,
// `node:util` its TextDecoder, `node:worker_threads` its locks, at every start of every program.
//
// The names that src/ imports are read from its files: what is not used is not touched. `node:async_hooks` stays an import: it
// costs nothing, and tells a bundler for browsers that this package is none. Only scripts/build.mjs
// calls this.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const STAYS = 'node:async_hooks'
const IMPORT = /^import (?!type )([^;]*?) from '(node:[a-z_/]+)'/gm

/** An esbuild plugin for the sources below `folder`. */
export function builtins(folder) {
  const names = namesImported(folder)
  return {
    name: 'builtins',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^node:/ }, ({ path }) =>
        path !== STAYS && names.has(path) ? { path, namespace: 'builtin' } : undefined,
      )
      onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: module(path, names.get(path)) }))
    },
  }
}

function module(path, names) {
  const lines = [...names].sort().map((name) => `export const ${name} = builtin.${name}`)
  return `const builtin = process.getBuiltinModule(${JSON.stringify(path)})\n${lines.join('\n')}\n`
}

function namesImported(folder) {
  const names = new Map()
  for (const file of readdirSync(folder, { recursive: true })) {
    if (!file.endsWith('.ts')) continue
    for (const [, clause, path] of readFileSync(join(folder, file), 'utf8').matchAll(IMPORT)) {
      const list = /^\{([^}]*)\}$/.exec(clause.trim())?.[1]
      if (list === undefined) throw new Error(`${file}: import names from ${path}, as in { a, b }`)
      const found = list.split(',').flatMap((item) => item.trim().match(/^(?!type )(\w+)/)?.[1] ?? [])
      if (!names.has(path)) names.set(path, new Set())
      for (const name of found) names.get(path).add(name)
    }
  }
  return names
}

/** The text of a source map whose sources all have a file: what this plugin wrote has none, and stands as nameless. */
export function withoutBuiltins(text) {
  const map = JSON.parse(text)
  return JSON.stringify({
    ...map,
    sources: map.sources.map((source) => (source?.startsWith('builtin:') ? null : source)),
  })
}
