/** All suites, in the order in which they run and are printed. */
import type { Suite } from '../harness/suite.ts'
import { executors } from './executors/suite.ts'
import { sockets } from './net/suite.ts'
import { schedule } from './schedule/suite.ts'
import { start } from './start/suite.ts'
import { structured } from './structured/suite.ts'
import { sync } from './sync/suite.ts'
import { tasks } from './tasks/suite.ts'
import { threads } from './threads/suite.ts'
import { timers } from './timers/suite.ts'

export const suites: readonly Suite[] = [schedule, timers, tasks, structured, sync, sockets, executors, threads, start]
