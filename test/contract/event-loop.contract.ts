/** The whole contract: every suite, for one loop. test/loops has a file per loop that calls this. */
import { describe } from 'vitest'
import { badInputContract } from './bad-input.contract.ts'
import { callGraphContract } from './call-graph.contract.ts'
import { cancelAsyncFunctionsContract } from './cancel-async-functions.contract.ts'
import { cancelCountingContract } from './cancel-counting.contract.ts'
import { cancelDeliveryContract } from './cancel-delivery.contract.ts'
import { cancelPassingContract } from './cancel-passing.contract.ts'
import { cancelRacesContract } from './cancel-races.contract.ts'
import { cancelUnwindingContract } from './cancel-unwinding.contract.ts'
import { cancelledAnywhereContract } from './cancelled-anywhere.contract.ts'
import { cancelledOpeningContract } from './cancelled-opening.contract.ts'
import { capacityLimiterContract } from './capacity-limiter.contract.ts'
import { channelsContract } from './channels.contract.ts'
import { connectionsContract } from './connections.contract.ts'
import { contextContract } from './context.contract.ts'
import { datagramEndpointsContract } from './datagram-endpoints.contract.ts'
import { datagramTransportsContract } from './datagram-transports.contract.ts'
import { datagramsContract } from './datagrams.contract.ts'
import { debugContract } from './debug.contract.ts'
import { diagnosticsChannelsContract } from './diagnostics-channels.contract.ts'
import { eagerContract } from './eager.contract.ts'
import { ensureFutureContract } from './ensure-future.contract.ts'
import { errorsContract } from './errors.contract.ts'
import { eventsContract } from './events.contract.ts'
import { executorAheadContract } from './executor-ahead.contract.ts'
import { executorErrorsContract } from './executor-errors.contract.ts'
import { executorLimitsContract } from './executor-limits.contract.ts'
import { executorMapContract } from './executor-map.contract.ts'
import { executorsContract } from './executors.contract.ts'
import { fairnessContract } from './fairness.contract.ts'
import { fdWatchContract } from './fd-watch.contract.ts'
import { futuresContract } from './futures.contract.ts'
import { gatherContract } from './gather.contract.ts'
import { gatherLimitContract } from './gather-limit.contract.ts'
import type { Harness } from './harness.ts'
import { inspectContract } from './inspect.contract.ts'
import { lifecycleContract } from './lifecycle.contract.ts'
import { locksContract } from './locks.contract.ts'
import { mapContract } from './map.contract.ts'
import { memoryOfUsersContract } from './memory-of-users.contract.ts'
import { multicastContract } from './multicast.contract.ts'
import { namesContract } from './names.contract.ts'
import { networkArgumentsContract } from './network-arguments.contract.ts'
import { networkInputContract } from './network-input.contract.ts'
import { orderContract } from './order.contract.ts'
import { processPoolContract } from './process-pool.contract.ts'
import { queueOrdersContract } from './queue-orders.contract.ts'
import { queueWithdrawalContract } from './queue-withdrawal.contract.ts'
import { queuesContract } from './queues.contract.ts'
import { refusedOpeningsContract } from './refused-openings.contract.ts'
import { robustnessContract } from './robustness.contract.ts'
import { scopesContract } from './scopes.contract.ts'
import { semaphoresContract } from './semaphores.contract.ts'
import { sendfileContract } from './sendfile.contract.ts'
import { serverIterationContract } from './server-iteration.contract.ts'
import { serversContract } from './servers.contract.ts'
import { shieldContract } from './shield.contract.ts'
import { signalContract } from './signal.contract.ts'
import { signalsContract } from './signals.contract.ts'
import { sleepContract } from './sleep.contract.ts'
import { staggeredRaceContract } from './staggered-race.contract.ts'
import { streamHandOverContract } from './stream-hand-over.contract.ts'
import { streamOwnersContract } from './stream-owners.contract.ts'
import { streamReadIntoContract } from './stream-read-into.contract.ts'
import { streamReaderContract } from './stream-reader.contract.ts'
import { streamsContract } from './streams.contract.ts'
import { subprocessContract } from './subprocess.contract.ts'
import { subprocessProtocolContract } from './subprocess-protocol.contract.ts'
import { taskCreationContract } from './task-creation.contract.ts'
import { taskEndingContract } from './task-ending.contract.ts'
import { taskGroupContract } from './task-group.contract.ts'
import { taskGroupCancelContract } from './task-group-cancel.contract.ts'
import { taskGroupStartContract } from './task-group-start.contract.ts'
import { taskStacksContract } from './task-stacks.contract.ts'
import { taskStepsContract } from './task-steps.contract.ts'
import { threadsContract } from './threads.contract.ts'
import { timeoutContract } from './timeout.contract.ts'
import { timersContract } from './timers.contract.ts'
import { tlsContract } from './tls.contract.ts'
import { tlsEndingsContract } from './tls-endings.contract.ts'
import { tlsRefusalsContract } from './tls-refusals.contract.ts'
import { tlsSocketsContract } from './tls-sockets.contract.ts'
import { transportFlowContract } from './transport-flow.contract.ts'
import { transportsContract } from './transports.contract.ts'
import { unclosedContract } from './unclosed.contract.ts'
import { unixAndPipesContract } from './unix-and-pipes.contract.ts'
import { waitContract } from './wait.contract.ts'
import { waitForContract } from './wait-for.contract.ts'

export function eventLoopContract(harness: Harness): void {
  describe(`the ${harness.name} loop`, () => {
    orderContract(harness)
    contextContract(harness)
    timersContract(harness)
    lifecycleContract(harness)
    executorsContract(harness)
    executorAheadContract(harness)
    executorMapContract(harness)
    executorLimitsContract(harness)
    executorErrorsContract(harness)
    processPoolContract(harness)
    errorsContract(harness)
    futuresContract(harness)
    streamHandOverContract(harness)
    streamOwnersContract(harness)
    taskCreationContract(harness)
    taskEndingContract(harness)
    taskStepsContract(harness)
    cancelDeliveryContract(harness)
    cancelCountingContract(harness)
    cancelUnwindingContract(harness)
    cancelledOpeningContract(harness)
    cancelledAnywhereContract(harness)
    refusedOpeningsContract(harness)
    cancelPassingContract(harness)
    cancelRacesContract(harness)
    cancelAsyncFunctionsContract(harness)
    signalContract(harness)
    sleepContract(harness)
    gatherContract(harness)
    gatherLimitContract(harness)
    mapContract(harness)
    tlsContract(harness)
    tlsEndingsContract(harness)
    tlsRefusalsContract(harness)
    tlsSocketsContract(harness)
    waitContract(harness)
    ensureFutureContract(harness)
    locksContract(harness)
    eventsContract(harness)
    semaphoresContract(harness)
    capacityLimiterContract(harness)
    queuesContract(harness)
    queueOrdersContract(harness)
    queueWithdrawalContract(harness)
    channelsContract(harness)
    shieldContract(harness)
    threadsContract(harness)
    timeoutContract(harness)
    waitForContract(harness)
    taskGroupContract(harness)
    taskGroupCancelContract(harness)
    taskGroupStartContract(harness)
    scopesContract(harness)
    eagerContract(harness)
    staggeredRaceContract(harness)
    signalsContract(harness)
    namesContract(harness)
    datagramsContract(harness)
    datagramEndpointsContract(harness)
    datagramTransportsContract(harness)
    multicastContract(harness)
    fdWatchContract(harness)
    transportsContract(harness)
    transportFlowContract(harness)
    memoryOfUsersContract(harness)
    streamReadIntoContract(harness)
    streamReaderContract(harness)
    streamsContract(harness)
    subprocessProtocolContract(harness)
    serversContract(harness)
    serverIterationContract(harness)
    sendfileContract(harness)
    connectionsContract(harness)
    unclosedContract(harness)
    unixAndPipesContract(harness)
    subprocessContract(harness)
    badInputContract(harness)
    networkInputContract(harness)
    networkArgumentsContract(harness)
    robustnessContract(harness)
    debugContract(harness)
    inspectContract(harness)
    diagnosticsChannelsContract(harness)
    callGraphContract(harness)
    taskStacksContract(harness)
    if (harness.realTime) fairnessContract(harness)
  })
}
