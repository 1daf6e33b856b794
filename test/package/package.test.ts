/**
 * What is published: the right files, maps that lead to shipped sources, declarations that a strict consumer compiles, one
 * shared chunk, nothing that runs at installation, and an import that works without the addon.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { type PackedProject, packIntoProject } from './packed.ts'

const project: PackedProject = packIntoProject()
afterAll(() => rmSync(project.folder, { recursive: true, force: true }))

const read = (file: string) => readFileSync(join(project.package, file), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>
  gypfile: boolean
  exports: Record<string, string | { types: string; default: string }>
}
const chunks = project.files.filter((file) => /^dist\/aioloop-\w+\.js$/.test(file))

function node(source: string, ...flags: string[]): string {
  return execFileSync(process.execPath, [...flags, '-e', source], {
    cwd: project.folder,
    encoding: 'utf8',
    timeout: 200_000,
    // A suite on another binary names it here; the package is tested with what it holds.
    env: { ...process.env, AIOLOOP_BINDING: '' },
  })
}

describe('files', () => {
  it('are the bundles, their sources and the texts, and nothing else', () => {
    const places = new Set(project.files.map((file) => (file.includes('/') ? file.split('/')[0] : file)))
    expect([...places].sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'src'])
  })

  it('include every target of `exports`', () => {
    const targets = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === 'string' ? entry : Object.values(entry),
    )
    expect(targets.filter((target) => !existsSync(join(project.package, target)))).toEqual([])
  })

  it('run nothing when the package is installed', () => {
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
    expect(manifest.gypfile).toBe(false)
    expect(project.files).not.toContain('binding.gyp')
  })
})

describe('bundles', () => {
  it('are one shared chunk, one file per entry and for the command, and the one that `aioloop bench` runs', () => {
    expect(chunks).toHaveLength(1)
    const named = ['cli', 'index', 'install', 'testing'].map((name) => `dist/${name}.js`)
    expect(project.files.filter((file) => /^dist\/[^/]+\.js$/.test(file)).sort()).toEqual([...chunks, ...named])
    expect(project.files.filter((file) => /^dist\/bench\/.*\.js$/.test(file))).toHaveLength(1)
  })

  it('keep the names of classes and add no helper to functions', () => {
    const text = chunks.map(read).join('\n')
    expect(text).not.toMatch(/= class _/)
    expect(text).not.toMatch(/\b__name\(/)
  })

  it("import nothing of Node's that costs every start", () => {
    const chunk = project.files.find((file) => /^dist\/aioloop-\w+\.js$/.test(file))
    const imported = [...read(String(chunk)).matchAll(/^import .* from "(.*)"/gm)].map(([, path]) => path)
    expect(new Set(imported)).toEqual(new Set(['node:async_hooks']))
  })

  it('have source maps that lead to shipped sources', () => {
    const maps = project.files.filter((file) => file.endsWith('.map'))
    expect(maps.length).toBeGreaterThan(4)
    const lost = maps.flatMap((file) => {
      const map = JSON.parse(read(file)) as { sourceRoot?: string; sources: (string | null)[] }
      const at = join(project.package, dirname(file), map.sourceRoot ?? '')
      // What the build itself writes has no source, and no name in the map.
      const named = map.sources.filter((source) => source !== null)
      return named.filter((source) => !existsSync(resolve(at, source))).map((source) => `${file}: ${source}`)
    })
    expect(lost).toEqual([])
  })
})

describe('declarations', () => {
  const consumer = `
    import { type Coroutine, createTask, gather, run, sleep, type Task } from 'aioloop'
    import { VirtualLoop } from 'aioloop/testing'
    function* main(): Coroutine<number> {
      const [a, b] = yield* gather([sleep(1, 20), async () => 'x'])
      const task: Task<string> = createTask(async () => b)
      return a + (yield* task).length
    }
    export const result: Promise<number> = run(main, { loopFactory: () => new VirtualLoop({ seed: 1 }) })
    // @ts-expect-error the result is a number
    export const wrong: Promise<string> = run(main)
  `
  const options: ts.CompilerOptions = {
    lib: ['lib.es2022.d.ts'],
    target: ts.ScriptTarget.ES2022,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  }

  it.each([
    ['nodenext', { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }],
    ['bundler', { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
  ])(
    'compile for a strict consumer with lib es2022 (%s)',
    (_name, resolution) => {
      const file = join(project.folder, 'consumer.ts')
      writeFileSync(file, consumer)
      const host = ts.createCompilerHost(options)
      host.getCurrentDirectory = () => project.folder
      const program = ts.createProgram([file], { ...options, ...resolution }, host)
      const complaints = ts
        .getPreEmitDiagnostics(program)
        .map(({ file: at, messageText }) => `${at?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
      expect(complaints).toEqual([])
    },
    600_000,
  )

  it('hand no `any` to a caller', () => {
    const declarations = project.files.filter((file) => file.endsWith('.d.ts'))
    expect(declarations.length).toBeGreaterThan(3)
    const found = declarations.flatMap((path) => {
      const file = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true)
      const places: string[] = []
      const visit = (at: ts.Node): void => {
        if (at.kind === ts.SyntaxKind.AnyKeyword) places.push(`${path}: ${at.parent.getText(file)}`)
        ts.forEachChild(at, visit)
      }
      visit(file)
      return places
    })
    expect(found).toEqual([])
  })
})

describe('without the addon', () => {
  it('is imported, and runs on the portable loop', () => {
    const program = `import('aioloop').then(async ({ run, getRunningLoop }) => {
      console.log(await run(async () => getRunningLoop().name))
    })`
    expect(node(program).trim()).toBe('portable')
  })

  it('is loaded by require too', () => {
    expect(node(`console.log(typeof require('aioloop').run)`, '--input-type=commonjs').trim()).toBe('function')
  })

  it('lets a process that only imported it end', () => {
    expect(node(`import('aioloop').then(() => console.log('imported'))`).trim()).toBe('imported')
  })
})
