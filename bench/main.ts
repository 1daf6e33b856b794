/**
 * `npm run bench`. One file plays every part: the command itself, and, started again as a child, a subject
 * (`--subject PROGRAM --case NAME`) or the client of the http-latency case. So nothing must be found or compiled for a
 * child, also where all that is left of this folder is one bundled file.
 */
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { subject: { type: 'string' }, case: { type: 'string' }, 'http-client': { type: 'string' } },
  strict: false,
})
const { subject, case: caseName, 'http-client': port } = values

if (typeof subject === 'string' && typeof caseName === 'string') {
  const [{ serve }, { loadProgram }] = await Promise.all([import('./harness/serve.ts'), import('./cases/programs.ts')])
  await serve(() => loadProgram(subject), caseName)
} else if (typeof port === 'string') {
  const { runHttpClient } = await import('./cases/schedule/http-client.ts')
  await runHttpClient(Number(port))
} else {
  const { runCommand } = await import('./command.ts')
  await runCommand(process.argv.slice(2))
}
