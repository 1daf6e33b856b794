/** How much each case of the `threads` suite does; bench/peers/threads.py has the same. */
export const HOPS = 500
export const POSTS = 10_000
