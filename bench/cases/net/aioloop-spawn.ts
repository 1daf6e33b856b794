/** Child processes by aioloop. */
import { spawning } from './spawning.ts'

const { createSubprocessExec } = await import('aioloop')

export const spawn = spawning(async (program) => {
  const child = await createSubprocessExec(program)
  await child.wait()
})
