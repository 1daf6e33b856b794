/**
 * `aioloop doctor`: which loop a program gets here, from which file, in which versions, what it can do, and why. It asks
 * from inside a `run`, so what it says is what runs and not what is planned. Exit code 0 whichever loop that is: the
 * portable one is an answer and no failure. Only where the native loop was demanded and cannot be had it is 1, since a
 * program would fail.
 */
import { parseArgs } from 'node:util'
import { ErrorCode } from '../base/errors.ts'
import type { Capabilities } from '../loop/contract/capabilities.ts'
import type { LoopInfo } from '../policy/loop-info.ts'
import { loopInfo } from '../policy/loop-info.ts'
import { run } from '../run/run.ts'
import { packageVersion } from './package-version.ts'
import { twoColumns } from './two-columns.ts'

/** What `--json` prints. */
export interface Diagnosis extends LoopInfo {
  readonly capabilities: Capabilities | undefined
  readonly versions: LoopInfo['versions'] & { readonly aioloop: string }
  /** Operating system and processor, as Node names them. */
  readonly platform: string
  /** Why no program runs here; undefined where one does. */
  readonly failure?: string
}

const USAGE = `Usage: aioloop doctor [--json]

Prints which loop a program gets here, from which binary, in which versions, what it can do, and why.
AIOLOOP_LOOP=native|portable and AIOLOOP_BINDING=<file> in the environment count, as they do for a program.
`

export async function doctor(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`aioloop doctor: ${options}\n`)
    return 2
  }
  if (options.help) process.stdout.write(USAGE)
  else {
    const found = await diagnose()
    process.stdout.write(options.json ? `${JSON.stringify(found, undefined, 2)}\n` : diagnosisText(found))
    if (found.failure !== undefined) return 1
  }
  return 0
}

function readOptions(args: readonly string[]): { json: boolean; help: boolean } | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    })
    return values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function diagnose(): Promise<Diagnosis> {
  const info = await seen()
  return {
    ...info,
    versions: { aioloop: packageVersion(), ...info.versions },
    platform: `${process.platform} ${process.arch}`,
  }
}

async function seen(): Promise<LoopInfo & { readonly failure?: string }> {
  try {
    return await run(async () => loopInfo())
  } catch (error) {
    if ((error as { code?: unknown }).code !== ErrorCode.native) throw error
    return { ...loopInfo(), failure: (error as Error).message }
  }
}

export function diagnosisText(found: Diagnosis): string {
  const { loop, reason, chosenBy, binary, versions, platform, capabilities, failure } = found
  return twoColumns([
    ['loop', failure === undefined ? loop : `none: a program fails, since ${loop} was demanded`],
    ['why', reason],
    ['chosen by', chosenBy],
    ['binary', binary ?? 'none is loaded'],
    ['platform', platform],
    ...named('version', versions, (version) => version ?? 'not said by this runtime'),
    ...named('can', { ...capabilities }, (has) => (has ? 'yes' : 'no')),
  ])
}

/** The members of an object as rows, under a heading that stands beside the first. */
function named<T>(heading: string, members: { readonly [name: string]: T }, text: (value: T) => string) {
  return Object.entries(members).map(([name, value]) => [`${heading} ${name}`, text(value)] as const)
}
