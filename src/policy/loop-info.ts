/** What runs, where it came from, and why. */
import type { Capabilities } from '../loop/contract/capabilities.ts'
import { findRunningLoop } from '../loop/running.ts'
import { loadBinding } from '../native/binding.ts'
import { type ChosenBy, currentChoice } from './policy.ts'

/** What {@link loopInfo} says. */
export interface LoopInfo {
  /** The loop that runs here, else the one that `run` would make: `native`, `portable`, `virtual` or a policy's own name. */
  readonly loop: string
  /** The file of the native binary, when it is loaded. */
  readonly binary: string | undefined
  /** Why this loop: in words, for a person. */
  readonly reason: string
  /** Who chose it. */
  readonly chosenBy: ChosenBy
  /** What the running loop can do; undefined when none runs. */
  readonly capabilities: Capabilities | undefined
  readonly versions: { readonly node: string; readonly uv: string | undefined; readonly napi: string | undefined }
}

/**
 * Which loop runs, where its binary came from, why, and who chose it.
 *
 * @example
 * ```ts
 * const { loop, reason } = loopInfo()
 * console.log(`${loop}: ${reason}`)
 * ```
 */
export function loopInfo(): LoopInfo {
  const loaded = loadBinding()
  const { policy, chosenBy } = currentChoice()
  const current = findRunningLoop()
  const loop = current?.name ?? policy.name
  const byFactory = current !== undefined && current.name !== policy.name
  return {
    loop,
    binary: loaded.path,
    reason: byFactory
      ? `made by loopFactory; the policy's loop is ${policy.name}`
      : explain(loop, chosenBy, loaded.reason),
    chosenBy: byFactory ? 'factory' : chosenBy,
    capabilities: current?.capabilities,
    versions: { node: process.versions.node, uv: process.versions.uv, napi: process.versions.napi },
  }
}

const CHOOSERS: Record<ChosenBy, string> = {
  default: 'by default',
  env: 'AIOLOOP_LOOP asked for it',
  install: 'install() pinned it',
  policy: 'setEventLoopPolicy() chose it',
  factory: 'loopFactory made it',
}

function explain(loop: string, chosenBy: ChosenBy, unavailable: string | undefined): string {
  if (chosenBy === 'default' && loop === 'native') return 'the addon loaded'
  const wanted = chosenBy === 'default' ? '' : `${CHOOSERS[chosenBy]}; `
  const asked = loop === 'native' || chosenBy === 'default' || chosenBy === 'install'
  if (unavailable === undefined || !asked) return CHOOSERS[chosenBy]
  return `${wanted}the native loop is not available: ${unavailable}`
}
