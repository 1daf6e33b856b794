/** How much each case of the `executors` suite does; bench/peers/executors.py has the same. */
import { availableParallelism } from 'node:os'

export const WORKERS = availableParallelism()
export const ROUND_TRIPS = 200
export const JOBS = 10_000
export const BLOCK_BYTES = 10_000_000
export const BLOCK_TRIPS = 5
/** Steps of the job that computes: some milliseconds. */
export const STEPS = 4_000_000
