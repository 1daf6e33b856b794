/**
 * Turns a subject into a command line. Node subjects are this very program, started again in the role of a subject
 * (main.ts), so there is nothing to find and nothing to compile; Python subjects are peers/serve.py under the first
 * Python that has what they need.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CLOCK_VARIABLE } from './program.ts'
import type { Launcher } from './runner.ts'
import { SubjectFailure } from './subject-process.ts'
import type { Clock, Subject } from './suite.ts'

/** The system's Python first: distributions install uvloop for that one, and another may shadow it on the path. */
const PYTHONS = ['/usr/bin/python3', 'python3']
const PEERS = fileURLToPath(new URL('../peers/serve.py', import.meta.url))

/** A launcher whose Node subjects run under `node`, and all of whose subjects time batches by `clock`. */
export function launcherFor(node: string, clock: Clock): Launcher {
  const launch = launcher(node)
  return (subject, caseName) => {
    const command = launch(subject, caseName)
    return { ...command, env: { ...command.env, [CLOCK_VARIABLE]: clock } }
  }
}

function launcher(node: string): Launcher {
  return (subject, caseName) => {
    const entry = subject.form === undefined ? caseName : `${caseName}:${subject.form}`
    return subject.source.kind === 'node'
      ? nodeCommand(node, subject.source, entry)
      : pythonCommand(subject.source, entry)
  }
}

function nodeCommand(node: string, source: Extract<Subject['source'], { kind: 'node' }>, entry: string) {
  const script = process.argv[1] ?? ''
  const args = ['--expose-gc', '--no-warnings', script, '--subject', source.program, '--case', entry]
  return { file: node, args, ...(source.env && { env: source.env }) }
}

function pythonCommand(source: Extract<Subject['source'], { kind: 'python' }>, entry: string) {
  if (!existsSync(PEERS)) throw new SubjectFailure('the Python programs are not part of this package')
  const file = pythonWith(source.loop)
  if (file === undefined) throw new SubjectFailure(`not installed: no python3 here can import ${source.loop}`)
  return { file, args: [PEERS, source.loop, source.suite, entry] }
}

const found = new Map<string, string | undefined>()

/** The first Python that can import `module`. */
function pythonWith(module: string): string | undefined {
  if (!found.has(module)) {
    found.set(
      module,
      PYTHONS.find((python) => spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0),
    )
  }
  return found.get(module)
}
