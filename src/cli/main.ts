/**
 * The `aioloop` command: reads which command is meant, and hands over. It becomes dist/cli.js, the package's `bin`.
 *
 * Must hold: nothing here is imported by the library, and nothing here is loaded but what the command needs. Exit code 0
 * for a command that did its work, 2 for a command line that makes no sense, 1 for work that failed.
 */
import { runBench } from './bench.ts'
import { doctor } from './doctor.ts'
import { packageVersion } from './package-version.ts'
import { refusal, USAGE } from './usage.ts'

const [command, ...rest] = process.argv.slice(2)

try {
  process.exitCode = await dispatch(command, rest)
} catch (error) {
  console.error(`aioloop ${command}: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function dispatch(name: string | undefined, args: readonly string[]): Promise<number | undefined> {
  switch (name) {
    case '--help':
    case '-h':
    case 'help':
      return print(USAGE)
    case '--version':
    case '-v':
      return print(`${packageVersion()}\n`)
    case 'doctor':
      return await doctor(args)
    case 'bench':
      return await runBench(args)
    default:
      process.stderr.write(refusal(name))
      return 2
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
