/** The whole contract: every suite, for one loop. test/loops has a file per loop that calls this. */
import { describe } from 'vitest'
import { badInputContract } from './bad-input.contract.ts'
import { cancelAsyncFunctionsContract } from './cancel-async-functions.contract.ts'
import { cancelCountingContract } from './cancel-counting.contract.ts'
import { cancelDeliveryContract } from './cancel-delivery.contract.ts'
import { cancelRacesContract } from './cancel-races.contract.ts'
import { cancelUnwindingContract } from './cancel-unwinding.contract.ts'
import { contextContract } from './context.contract.ts'
import { ensureFutureContract } from './ensure-future.contract.ts'
import { errorsContract } from './errors.contract.ts'
import { eventsContract } from './events.contract.ts'
import { fairnessContract } from './fairness.contract.ts'
import { futuresContract } from './futures.contract.ts'
import { gatherContract } from './gather.contract.ts'
import { gatherLimitContract } from './gather-limit.contract.ts'
import type { Harness } from './harness.ts'
import { lifecycleContract } from './lifecycle.contract.ts'
import { locksContract } from './locks.contract.ts'
import { orderContract } from './order.contract.ts'
import { robustnessContract } from './robustness.contract.ts'
import { queueOrdersContract } from './queue-orders.contract.ts'
import { queuesContract } from './queues.contract.ts'
import { semaphoresContract } from './semaphores.contract.ts'
import { signalContract } from './signal.contract.ts'
import { signalsContract } from './signals.contract.ts'
import { sleepContract } from './sleep.contract.ts'
import { taskCreationContract } from './task-creation.contract.ts'
import { taskEndingContract } from './task-ending.contract.ts'
import { taskStepsContract } from './task-steps.contract.ts'
import { timersContract } from './timers.contract.ts'
import { waitContract } from './wait.contract.ts'

export function eventLoopContract(harness: Harness): void {
  describe(`the ${harness.name} loop`, () => {
    orderContract(harness)
    contextContract(harness)
    timersContract(harness)
    lifecycleContract(harness)
    errorsContract(harness)
    futuresContract(harness)
    taskCreationContract(harness)
    taskEndingContract(harness)
    taskStepsContract(harness)
    cancelDeliveryContract(harness)
    cancelCountingContract(harness)
    cancelUnwindingContract(harness)
    cancelRacesContract(harness)
    cancelAsyncFunctionsContract(harness)
    signalContract(harness)
    sleepContract(harness)
    gatherContract(harness)
    gatherLimitContract(harness)
    waitContract(harness)
    ensureFutureContract(harness)
    locksContract(harness)
    eventsContract(harness)
    semaphoresContract(harness)
    queuesContract(harness)
    queueOrdersContract(harness)
    signalsContract(harness)
    badInputContract(harness)
    robustnessContract(harness)
    if (harness.realTime) fairnessContract(harness)
  })
}
