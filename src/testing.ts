/** `aioloop/testing`: what tests of programs on aioloop need. Re-exports only. */
import './debug/task-stack.ts'

export { VirtualLoop, type VirtualLoopOptions } from './testing/virtual-loop.ts'
