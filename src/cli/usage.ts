/** What the command line says of itself, and how it says no. Text only. */

export const USAGE = `Usage: aioloop <command> [options]

Commands:
  doctor [--json]        which loop runs here, from which binary, what it can do, and why
  bench [suites...]      measure aioloop on this machine beside what Node itself has
                         (bench --help lists suites and options)

Options:
  -h, --help             this text
  -v, --version          the version of the package
`

export const COMMANDS = ['doctor', 'bench'] as const

/** What is said to a command that there is not. */
export function refusal(command: string | undefined): string {
  const complaint = command === undefined ? 'no command was given' : `there is no command ${JSON.stringify(command)}`
  return `aioloop: ${complaint}; commands are ${COMMANDS.join(' and ')}, and aioloop --help explains them\n`
}
