/** The whole contract: every suite, for one loop. test/loops has a file per loop that calls this. */
import { describe } from 'vitest'
import { badInputContract } from './bad-input.contract.ts'
import { cancellationContract } from './cancellation.contract.ts'
import { contextContract } from './context.contract.ts'
import { coordinationContract } from './coordination.contract.ts'
import { eagerContract } from './eager.contract.ts'
import { errorsContract } from './errors.contract.ts'
import { fairnessContract } from './fairness.contract.ts'
import { futuresContract } from './futures.contract.ts'
import type { Harness } from './harness.ts'
import { lifecycleContract } from './lifecycle.contract.ts'
import { orderContract } from './order.contract.ts'
import { scopesContract } from './scopes.contract.ts'
import { shieldContract } from './shield.contract.ts'
import { signalContract } from './signal.contract.ts'
import { signalsContract } from './signals.contract.ts'
import { staggeredRaceContract } from './staggered-race.contract.ts'
import { taskGroupContract } from './task-group.contract.ts'
import { taskGroupCancelContract } from './task-group-cancel.contract.ts'
import { tasksContract } from './tasks.contract.ts'
import { timeoutContract } from './timeout.contract.ts'
import { timersContract } from './timers.contract.ts'
import { waitForContract } from './wait-for.contract.ts'

export function eventLoopContract(harness: Harness): void {
  describe(`the ${harness.name} loop`, () => {
    orderContract(harness)
    contextContract(harness)
    timersContract(harness)
    lifecycleContract(harness)
    errorsContract(harness)
    futuresContract(harness)
    tasksContract(harness)
    cancellationContract(harness)
    signalContract(harness)
    coordinationContract(harness)
    shieldContract(harness)
    timeoutContract(harness)
    waitForContract(harness)
    taskGroupContract(harness)
    taskGroupCancelContract(harness)
    scopesContract(harness)
    eagerContract(harness)
    staggeredRaceContract(harness)
    signalsContract(harness)
    badInputContract(harness)
    if (harness.realTime) fairnessContract(harness)
  })
}
