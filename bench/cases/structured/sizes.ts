/** How much of everything a batch of the `structured` cases does (peers/structured.py repeats them). */
export const GROUPS_OF_1 = 1_000
export const GROUPS_OF_100 = 20
export const HUNDRED = 100
export const TEN_THOUSAND = 10_000
export const IN_TIME = 2_000
export const TOO_LATE = 200
export const CHAINS = 100
/** Calls between the task that is cancelled and the sleep in which the cancel arrives. */
export const DEPTH = 50
export const FAR_MS = 100_000
