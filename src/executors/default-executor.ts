/** Fills the slot of event-loop/: the default executor of a loop, and what an executor is. */
import { executorSlot, type WorkPool } from '../event-loop/executor-slot.ts'
import { PoolExecutor } from './pool-executor.ts'
import { ThreadPoolExecutor } from './thread-pool-executor.ts'

executorSlot.filled = {
  makeDefault: () => new ThreadPoolExecutor({ threadNamePrefix: 'asyncio' }),
  isPool: (value): value is WorkPool => value instanceof PoolExecutor,
  isThreadPool: (value): value is WorkPool => value instanceof ThreadPoolExecutor,
}
