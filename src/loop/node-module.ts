/**
 * Modules of Node that only some programs need, loaded at their first use: each costs every start of every program a
 * millisecond or so otherwise. For the I/O families; whatever is needed anyway is imported.
 */

interface OnDemand {
  'node:child_process': typeof import('node:child_process')
  'node:dgram': typeof import('node:dgram')
  'node:dns': typeof import('node:dns')
  'node:net': typeof import('node:net')
}

const loaded = new Map<keyof OnDemand, unknown>()

export function nodeModule<K extends keyof OnDemand>(name: K): OnDemand[K] {
  let module = loaded.get(name)
  if (module === undefined) {
    module = process.getBuiltinModule(name)
    loaded.set(name, module)
  }
  return module as OnDemand[K]
}
