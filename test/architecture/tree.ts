/**
 * What the architecture rules look at: a tree of text files by path. The project's own tree comes from git (files not yet
 * added count too, so that a rule fails before a commit and not after); the rules' own tests hand in small made-up ones.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Path from the project's root, with forward slashes, to the file's text. */
export type Tree = ReadonlyMap<string, string>

/** A rule returns one line per violation, each starting with the path. */
export type Rule = (tree: Tree) => string[]

export const projectRoot = dirname(dirname(import.meta.dirname))

export function projectTree(): Tree {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const tree = new Map<string, string>()
  for (const path of listed.split('\0')) {
    const absolute = join(projectRoot, path)
    if (path === '' || !existsSync(absolute)) continue
    const text = readFileSync(absolute, 'utf8')
    if (!text.includes('\0')) tree.set(path, text)
  }
  return tree
}

export function treeOf(files: Record<string, string>): Tree {
  return new Map(Object.entries(files))
}

/** The files of a tree whose path matches. */
export function* filesOf(tree: Tree, pattern: RegExp): Generator<[path: string, text: string]> {
  for (const file of tree) if (pattern.test(file[0])) yield file
}
