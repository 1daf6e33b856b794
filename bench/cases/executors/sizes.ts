/** How much each case of the `executors` suite does; bench/peers/executors.py has the same. */
import { availableParallelism } from 'node:os'

export const WORKERS = availableParallelism()
export const ROUND_TRIPS = 200
export const JOBS = 10_000
export const BLOCK_BYTES = 10_000_000
export const BLOCK_TRIPS = 50
/** Steps of the job that computes: about 50 ms. */
export const STEPS = 50_000_000
