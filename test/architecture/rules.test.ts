/**
 * Every rule of the house, twice: the project obeys it, and a small tree that breaks it is caught (a rule that cannot fail
 * proves nothing). The table of floors and limits is floors.json.
 */
import { describe, expect, it } from 'vitest'
import { codeLines } from './code-lines.ts'
import * as files from './file-rules.ts'
import * as layers from './layers.ts'
import { projectTree, type Rule, treeOf } from './tree.ts'

interface Case {
  readonly rule: Rule
  /** Trees that break the rule, with what the violation must say. */
  readonly broken: readonly [says: RegExp, files: Record<string, string>][]
  /** A tree near the limit that does not. */
  readonly fine: Record<string, string>
}

const root = '/'
const manyLines = (count: number) => 'let a = 1\n'.repeat(count)

const cases: Record<string, Case> = {
  'every folder of src/ stands on a floor': {
    rule: layers.everyFolderHasAFloor,
    broken: [[/src\/attic stands on no floor/, { 'src/attic/a.ts': '' }]],
    fine: { 'src/base/a.ts': '', 'src/index.ts': '', 'test/attic/a.ts': '' },
  },
  'a floor imports only lower floors': {
    rule: layers.noUpwardImport,
    broken: [
      [/src\/base\/a.ts:1 imports src\/loop\/b.ts/, { 'src/base/a.ts': `import '../loop/b.ts'`, 'src/loop/b.ts': '' }],
      [/floor 2 imports floor 8/, { 'src/tasks/a.ts': `import type { B } from '../index.ts'`, 'src/index.ts': '' }],
      [/floor 1 imports floor 2/, { 'src/loop/a.ts': `type B = import('../tasks/b.ts').B`, 'src/tasks/b.ts': '' }],
      [/floor 1 imports floor 2/, { 'src/loop/a.ts': `const b = await import('../tasks/b.ts')`, 'src/tasks/b.ts': '' }],
      [/floor 1 imports floor 2/, { 'src/loop/a.ts': `export { b } from '../tasks/b.ts'`, 'src/tasks/b.ts': '' }],
    ],
    fine: { 'src/tasks/a.ts': `import '../base/b.ts'; import './c.ts'`, 'src/base/b.ts': '', 'src/tasks/c.ts': '' },
  },
  'siblings on one floor never import each other': {
    rule: layers.noSiblingImport,
    broken: [[/sync and queues share a floor/, { 'src/sync/a.ts': `import '../queues/b.ts'`, 'src/queues/b.ts': '' }]],
    fine: { 'src/sync/a.ts': `import './b.ts'; import '../tasks/c.ts'`, 'src/sync/b.ts': '', 'src/tasks/c.ts': '' },
  },
  'only policy imports the backends': {
    rule: layers.onlyNamedImporters,
    broken: [[/only policy may import native/, { 'src/run/a.ts': `import '../native/b.ts'`, 'src/native/b.ts': '' }]],
    fine: { 'src/policy/a.ts': `import '../native/b.ts'`, 'src/native/b.ts': `import './c.ts'`, 'src/native/c.ts': '' },
  },
  'sources import nothing outside src/': {
    rule: layers.sourcesImportSourcesOnly,
    broken: [[/not published/, { 'src/base/a.ts': `import '../../test/b.ts'`, 'test/b.ts': '' }]],
    fine: { 'test/b.ts': `import '../src/base/a.ts'`, 'src/base/a.ts': `import 'node:fs'` },
  },
  'there is no import cycle': {
    rule: layers.noImportCycle,
    broken: [
      [
        /a.ts -> src\/base\/b.ts -> src\/base\/a.ts/,
        { 'src/base/a.ts': `import './b.ts'`, 'src/base/b.ts': `import './a.ts'` },
      ],
      [
        /cycle/,
        { 'src/base/a.ts': `import type { B } from './b.ts'`, 'src/base/b.ts': `import { type A } from './a.ts'` },
      ],
      [/cycle/, { 'src/base/a.ts': `import './a.ts'` }],
      [/cycle/, { 'src/loop/contract/a.ts': `import './b.ts'`, 'src/loop/contract/b.ts': `import './a.ts'` }],
      [
        /cycle/,
        {
          'src/loop/a.ts': `import type {} from './contract/b.ts'`,
          'src/loop/contract/b.ts': `import type {} from '../a.ts'`,
        },
      ],
    ],
    fine: {
      'src/loop/contract/a.ts': `import type { B } from './b.ts'`,
      'src/loop/contract/b.ts': `import type { A } from './a.ts'`,
    },
  },
  'one file loads the addon': {
    rule: files.oneAddonLoader,
    broken: [
      [/only src\/native\/binding.ts/, { 'src/native/other.ts': `import build from 'node-gyp-build'` }],
      [/only src\/native\/binding.ts/, { 'test/a.test.ts': `require('../build/Release/aioloop.node')` }],
      [/process.dlopen/, { 'bench/a.ts': `process.dlopen(module, path)` }],
      [/createRequire/, { 'src/run/a.ts': `import { createRequire } from 'node:module'` }],
    ],
    fine: {
      'src/native/binding.ts': `createRequire(import.meta.url)('x.node')`,
      'scripts/a.mjs': `createRequire(u).resolve('x')`,
    },
  },
  'Node-API stays in native/binding/': {
    rule: files.nodeApiBehindOneDoor,
    broken: [
      [/timers.cc: includes node_api.h/, { 'native/timers.cc': `#include <uv.h>\n#include <node_api.h>\n` }],
      [/timers.h: includes napi.h/, { 'native/timers.h': `  #  include "napi.h"` }],
    ],
    fine: { 'native/binding/door.cc': `#include <node_api.h>`, 'native/timers.cc': `#include <uv.h>` },
  },
  'no file is longer than 400 lines of code': {
    rule: files.noLongFile,
    broken: [
      [/401 lines/, { 'src/base/a.ts': manyLines(401) }],
      [/401 lines/, { 'native/a.cc': 'int a;\n'.repeat(401) }],
    ],
    fine: { 'src/base/a.ts': `${'// why\n\n'.repeat(300)}${manyLines(400)}`, 'package-lock.json': manyLines(900) },
  },
  'no name is vague': {
    rule: files.noVagueName,
    broken: [
      [/"utils"/, { 'src/utils/a.ts': '' }],
      [/"helpers.test.ts"/, { 'test/unit/helpers.test.ts': '' }],
      [/"common.h"/, { 'native/common.h': '' }],
    ],
    fine: { 'src/base/commonality.ts': '' },
  },
  'names are kebab-case': {
    rule: files.kebabCaseNames,
    broken: [
      [/kebab-case/, { 'src/tasks/taskGroup.ts': '' }],
      [/kebab-case/, { 'native/loop_core.cc': '' }],
    ],
    fine: { 'src/tasks/task-group.ts': '', 'test/unit/task-group.test.ts': '', 'bench/peers/uvloop_peer.py': '' },
  },
  'there is no barrel below src/': {
    rule: files.noBarrel,
    broken: [
      [/index below src/, { 'src/tasks/index.ts': '' }],
      [/re-exports/, { 'src/tasks/all.ts': `export * from './task.ts'` }],
    ],
    fine: { 'src/index.ts': `export * from './tasks/task.ts'`, 'src/tasks/task.ts': `const a = 1\nexport { a }` },
  },
  'sources open with a comment': {
    rule: files.opensWithComment,
    broken: [[/opens without a comment/, { 'native/a.cc': `#include <uv.h>` }]],
    fine: { 'src/base/a.ts': `/** What it is. */`, 'test/a.test.ts': '' },
  },
  'no path of one machine is written down': {
    rule: files.noMachinePath,
    broken: [
      [/README.md:2/, { 'README.md': `see\n${root}work/main/README.md` }],
      [/a.ts:1/, { 'test/a.ts': `const home = '${root}root/x'` }],
      [/a.ts:1/, { 'test/a.ts': `cd ${root}tmp/coord` }],
    ],
    fine: { 'docs/a.md': 'the work/ folder, ../root/x, https://example.org/work/' },
  },
  'the only run-time dependency is node-gyp-build': {
    rule: files.onlyNamedDependencies,
    broken: [
      [/dependencies has lodash/, { 'package.json': `{"dependencies":{"node-gyp-build":"1","lodash":"1"}}` }],
      [/peerDependencies has react/, { 'package.json': `{"peerDependencies":{"react":"1"}}` }],
    ],
    fine: { 'package.json': `{"dependencies":{"node-gyp-build":"1"},"devDependencies":{"vitest":"4"}}` },
  },
}

const project = projectTree()

describe.each(Object.entries(cases))('%s', (_name, { rule, broken, fine }) => {
  it('holds in this project', () => {
    expect(rule(project)).toEqual([])
  })

  it.each(broken)('is broken where it says %s', (says, tree) => {
    expect(rule(treeOf(tree)).join('\n')).toMatch(says)
  })

  it('lets a tree at its limit pass', () => {
    expect(rule(treeOf(fine))).toEqual([])
  })
})

describe('counting lines of code', () => {
  it.each([
    ['a.ts', '/** doc\n * more\n */\nconst a = `x\n\n// in a string\n`\n\n// why\nfoo() // tail\n', 5],
    ['a.ts', 'const r = /\\/\\*/\nconst b = 1 /* c\n c */ + 2\n', 3],
    ['a.cc', '// why\n/* a\n b */\nconst char* s = "/* not */"; // x\n\nint b;\n', 2],
    ['a.py', '# why\nx = 1\n\n', 1],
  ])('%s %#', (path, text, lines) => {
    expect(codeLines(path, text)).toBe(lines)
  })
})

it('looks at the real project', () => {
  expect(project.has('src/index.ts')).toBe(true)
  expect(project.has('test/architecture/rules.test.ts')).toBe(true)
})
