/**
 * The Node programs by name. Each is loaded only in the process that runs it; what they import from packages they load
 * when asked for, so a missing package is a row in the table and not the end of the run.
 */
import type { Program } from '../harness/program.ts'

type Load = () => Promise<{ readonly program: Program }>

const programs: Readonly<Record<string, Load>> = {
  'schedule/aioloop': () => import('./schedule/aioloop.ts'),
  'schedule/set-immediate': () => import('./schedule/set-immediate.ts'),
  'schedule/next-tick': () => import('./schedule/next-tick.ts'),
  'schedule/queue-microtask': () => import('./schedule/queue-microtask.ts'),
  'timers/aioloop': () => import('./timers/aioloop.ts'),
  'timers/set-timeout': () => import('./timers/set-timeout.ts'),
  'tasks/aioloop': () => import('./tasks/aioloop.ts'),
  'tasks/promise': () => import('./tasks/promise.ts'),
  'tasks/effection': () => import('./tasks/effection.ts'),
  'tasks/effect': () => import('./tasks/effect.ts'),
}

export async function loadProgram(name: string): Promise<Program> {
  const load = programs[name]
  if (load === undefined) throw new Error(`loading the program of a subject: there is none called ${name}`)
  return (await load()).program
}
