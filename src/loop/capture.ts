/**
 * How the library's objects capture the async context: each is an `AsyncResource`, or has one. Without a trigger id, which
 * would cost every object a box of sixteen bytes; the context is what matters, and `async_hooks` sees each of them still.
 */
export const CAPTURE = Object.freeze({ triggerAsyncId: 0 })
