/**
 * Compiles every `*.types.ts` beside this file with the project's own options and reports what the compiler says, one test a
 * file. The files are never run: an unexpected error and an `@ts-expect-error` without one both fail here.
 */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const here = import.meta.dirname
const root = dirname(dirname(here))
const files = readdirSync(here).filter((file) => file.endsWith('.types.ts'))

function compile(roots: string[]): ts.Program {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object }
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: roots }, ts.sys, root)
  return ts.createProgram(roots, options)
}

function messages(diagnostics: readonly ts.Diagnostic[]): string[] {
  return diagnostics.map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
    if (diagnostic.file === undefined || diagnostic.start === undefined) return text
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
    return `${diagnostic.file.fileName}:${line + 1}: ${text}`
  })
}

describe('what callers write compiles as promised', () => {
  const program = compile(files.map((file) => join(here, file)))

  it.each(files)(
    '%s',
    (file) => {
      const source = program.getSourceFile(join(here, file))
      expect(messages(program.getSemanticDiagnostics(source))).toEqual([])
      expect(messages(program.getSyntacticDiagnostics(source))).toEqual([])
    },
    600_000,
  )
})

it('would notice a wrong type', () => {
  const file = join(here, 'wrong.ts')
  const host = ts.createCompilerHost({})
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version) =>
    name === file
      ? ts.createSourceFile(file, `import { exact } from './exact.ts'\nexact<string>()(JSON.parse('1'))\n`, version)
      : read(name, version)
  const program = ts.createProgram(
    [file],
    { strict: true, noEmit: true, allowImportingTsExtensions: true, module: 199 },
    host,
  )
  expect(messages(program.getSemanticDiagnostics(program.getSourceFile(file))).join()).toMatch(/Expected 2 arguments/)
})
