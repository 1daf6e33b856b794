/**
 * Work as it is sent: a function of a module by name, or the source text of a function that needs nothing of its
 * surroundings. Checked where it is submitted. Each form has a key, so that its text is sent once to each worker.
 */
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { argumentTypeError, reasonOf, usageTypeError } from '../base/argument-errors.ts'
import { isCancelled } from '../base/errors.ts'

export interface WorkForm {
  readonly key: number
  readonly kind: 'source' | 'module'
  /** The source, or the URL. */
  readonly text: string
  /** The name of the export, or of the function in messages. */
  readonly name: string
}

let keys = 0
const functions = new WeakMap<object, WorkForm>()
const modules = new Map<string, WorkForm>()

/** @throws TypeError for what cannot be sent. */
export function workForm(call: string, work: unknown, argument = 'fn'): WorkForm {
  if (typeof work === 'function') {
    let form = functions.get(work)
    if (form === undefined) {
      form = { key: ++keys, kind: 'source', text: sourceOf(call, argument, work), name: work.name }
      functions.set(work, form)
    }
    return form
  }
  const { module, export: name = 'default' } = (work ?? {}) as { module?: unknown; export?: unknown }
  if (typeof module !== 'string' && !(module instanceof URL)) {
    throw argumentTypeError(call, argument, 'a function, or { module, export }', work)
  }
  if (typeof name !== 'string') throw argumentTypeError(call, `${argument}.export`, 'the name of an export', name)
  const url = urlOf(call, argument, module)
  const id = `${url}\0${name}`
  let form = modules.get(id)
  if (form === undefined) {
    form = { key: ++keys, kind: 'module', text: url, name }
    modules.set(id, form)
  }
  return form
}

function urlOf(call: string, argument: string, module: string | URL): string {
  if (typeof module !== 'string') return module.href
  if (isAbsolute(module)) return pathToFileURL(module).href
  if (/^(file|data|node):/.test(module)) return module
  throw usageTypeError(
    `${call}: '${argument}.module' must be a URL, an absolute path or node:..., not ${JSON.stringify(module)}; ` +
      `pass new URL(${JSON.stringify(module)}, import.meta.url), or import.meta.resolve of a package`,
  )
}

function sourceOf(call: string, argument: string, work: object): string {
  const source = Function.prototype.toString.call(work)
  const remedy = 'write it as a function or arrow that needs nothing around it, or pass { module, export }'
  if (/\{\s*\[native code\]\s*\}$/.test(source)) {
    throw usageTypeError(`${call}: '${argument}' is a bound or built-in function, which has no source; ${remedy}`)
  }
  if (/^class\b/.test(source)) throw usageTypeError(`${call}: '${argument}' is a class; ${remedy}`)
  if (/^(async\s+)?function\s*\*/.test(source)) {
    throw usageTypeError(`${call}: '${argument}' is a generator function, which no loop would step there; ${remedy}`)
  }
  const { Script } = process.getBuiltinModule('node:vm')
  try {
    new Script(`'use strict';(${source}\n)`)
  } catch (cause) {
    const error = usageTypeError(`${call}: '${argument}' cannot be sent as source (${reasonOf(cause)}); ${remedy}`)
    throw Object.assign(error, { cause })
  }
  return source
}

/** The error for what could not be cloned, from the one that says why. */
export function uncloneable(call: string, cause: unknown, what: string): unknown {
  if (isCancelled(cause) || !(cause instanceof Error)) return cause
  const error = usageTypeError(
    `${call}: ${what} cannot be sent to a worker: ${reasonOf(cause)}; send plain data, or make it there`,
  )
  return Object.assign(error, { cause })
}
