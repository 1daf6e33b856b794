/** How much of everything a batch of the `sync` cases does, the same in every program (peers/sync.py repeats them). */
export const UNCONTENDED = 10_000
export const CROWD = 10
export const CROWD_HOLDS = 200
export const PERMITS = 10
export const PERMITS_TAKEN = 1_000
export const NOTIFIED = 2_000
export const LISTENERS = 10_000
export const HANDED_OVER = 2_000
export const IN_BULK = 10_000
export const QUEUE_SIZE = 100
