/** `aioloop/testing`: what tests of programs on aioloop need. Re-exports only. */
export { VirtualLoop, type VirtualLoopOptions } from './testing/virtual-loop.ts'
