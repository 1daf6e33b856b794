/** Every conformance suite, for one loop: asyncio's behaviour, area by area, as its own tests describe it. */
import { describe } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { asCompletedConformance } from './as-completed.conformance.ts'
import { barrierConformance } from './barrier.conformance.ts'
import { baseConformance } from './base.conformance.ts'
import { callbackErrorsConformance } from './callback-errors.conformance.ts'
import { conditionConformance } from './condition.conformance.ts'
import { conditionCancelConformance } from './condition-cancel.conformance.ts'
import { connectionContextConformance } from './connection-context.conformance.ts'
import { contextConformance } from './context.conformance.ts'
import { eagerConformance } from './eager.conformance.ts'
import { endpointContextConformance } from './endpoint-context.conformance.ts'
import { executorConformance } from './executor.conformance.ts'
import { futuresConformance } from './futures.conformance.ts'
import { gatherConformance } from './gather.conformance.ts'
import { lockConformance } from './lock.conformance.ts'
import { queueConformance } from './queue.conformance.ts'
import { queueEndConformance } from './queue-end.conformance.ts'
import { runnerConformance } from './runner.conformance.ts'
import { semaphoreConformance } from './semaphore.conformance.ts'
import { serverContextConformance } from './server-context.conformance.ts'
import { shieldConformance } from './shield.conformance.ts'
import { slowCallbacksConformance } from './slow-callbacks.conformance.ts'
import { staggeredConformance } from './staggered.conformance.ts'
import { subprocessContextConformance } from './subprocess-context.conformance.ts'
import { taskCancelConformance } from './task-cancel.conformance.ts'
import { taskGroupCancelConformance } from './task-group-cancel.conformance.ts'
import { taskGroupsConformance } from './task-groups.conformance.ts'
import { tasksConformance } from './tasks.conformance.ts'
import { threadsafeConformance } from './threadsafe.conformance.ts'
import { timeoutNestingConformance } from './timeout-nesting.conformance.ts'
import { timeoutsConformance } from './timeouts.conformance.ts'
import { waitConformance } from './wait.conformance.ts'
import { waitForConformance } from './wait-for.conformance.ts'
import { wrapFutureConformance } from './wrap-future.conformance.ts'

export function conformance(harness: Harness): void {
  describe(`conformance of the ${harness.name} loop`, () => {
    futuresConformance(harness)
    wrapFutureConformance(harness)
    tasksConformance(harness)
    taskCancelConformance(harness)
    waitConformance(harness)
    asCompletedConformance(harness)
    gatherConformance(harness)
    shieldConformance(harness)
    threadsafeConformance(harness)
    taskGroupsConformance(harness)
    taskGroupCancelConformance(harness)
    timeoutsConformance(harness)
    timeoutNestingConformance(harness)
    waitForConformance(harness)
    lockConformance(harness)
    conditionConformance(harness)
    conditionCancelConformance(harness)
    semaphoreConformance(harness)
    barrierConformance(harness)
    queueConformance(harness)
    queueEndConformance(harness)
    eagerConformance(harness)
    staggeredConformance(harness)
    runnerConformance(harness)
    baseConformance(harness)
    callbackErrorsConformance(harness)
    contextConformance(harness)
    slowCallbacksConformance(harness)
    serverContextConformance(harness)
    connectionContextConformance(harness)
    endpointContextConformance(harness)
    subprocessContextConformance(harness)
    executorConformance(harness)
  })
}
