/**
 * The rules about who may import whom. A floor imports only lower floors and itself folder by folder; siblings on one floor
 * never import each other; there are no cycles, type imports included, but for types among the public contracts.
 */
import floors from './floors.json' with { type: 'json' }
import { type Import, importGraph } from './imports.ts'
import type { Rule, Tree } from './tree.ts'

const floorOf = new Map(floors.floors.flatMap((folders, floor) => folders.map((folder) => [folder, floor] as const)))

/** The folder of `src/` a path belongs to, "." for the entry files, undefined outside `src/`. */
function folderOf(path: string): string | undefined {
  const [top, folder, ...rest] = path.split('/')
  if (top !== 'src' || folder === undefined) return undefined
  return rest.length === 0 ? '.' : folder
}

export const everyFolderHasAFloor: Rule = (tree) =>
  [...tree.keys()].flatMap((path) => {
    const folder = folderOf(path)
    return folder === undefined || floorOf.has(folder)
      ? []
      : [`${path}: src/${folder} stands on no floor of floors.json`]
  })

export const noUpwardImport: Rule = (tree) =>
  crossings(tree, (from, to) => {
    const [lower, upper] = [floorOf.get(from) ?? 0, floorOf.get(to) ?? 0]
    return upper > lower ? `floor ${lower} imports floor ${upper}` : undefined
  })

export const noSiblingImport: Rule = (tree) =>
  crossings(tree, (from, to) => (floorOf.get(from) === floorOf.get(to) ? `${from} and ${to} share a floor` : undefined))

export const onlyNamedImporters: Rule = (tree) =>
  crossings(tree, (from, to) => {
    const importer = (floors.onlyImporter as Record<string, string | undefined>)[to]
    return importer === undefined || importer === from ? undefined : `only ${importer} may import ${to}`
  })

function crossings(tree: Tree, judge: (from: string, to: string) => string | undefined): string[] {
  const violations: string[] = []
  for (const [path, imports] of importGraph(tree)) {
    const from = folderOf(path)
    for (const { target, line } of imports) {
      const to = target === undefined ? undefined : folderOf(target)
      if (from === undefined || to === undefined || from === to) continue
      const verdict = judge(from, to)
      if (verdict !== undefined) violations.push(`${path}:${line} imports ${target}: ${verdict}`)
    }
  }
  return violations
}

/** What the published package runs on must be in it: sources import nothing of the project outside `src/`. */
export const sourcesImportSourcesOnly: Rule = (tree) =>
  [...importGraph(tree)].flatMap(([path, imports]) =>
    path.startsWith('src/')
      ? imports
          .filter(({ target }) => target !== undefined && !target.startsWith('src/'))
          .map(({ target, line }) => `${path}:${line} imports ${target}, which is not published`)
      : [],
  )

export const noImportCycle: Rule = (tree) => {
  const graph = importGraph(tree)
  return cyclesOf(graph).map((cycle) => `${cycle[0]}: import cycle ${[...cycle, cycle[0]].join(' -> ')}`)
}

/** One cycle per knot, found by depth-first search. */
function cyclesOf(graph: Map<string, Import[]>): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): void => {
    if (done.has(file)) return
    const at = path.indexOf(file)
    if (at >= 0) {
      cycles.push(path.slice(at))
      return
    }
    path.push(file)
    for (const edge of graph.get(file) ?? []) {
      if (edge.target !== undefined && !isAllowedTypeEdge(file, edge)) visit(edge.target)
    }
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return cycles
}

function isAllowedTypeEdge(from: string, { target, typeOnly }: Import): boolean {
  const contracts = floors.typeCyclesAllowedIn
  return typeOnly && from.startsWith(contracts) && target?.startsWith(contracts) === true
}
