import { Tinypool } from 'tinypool'

export { compute, empty } from './jobs.mjs'

/** @param {ArrayBuffer} block */
export function back(block) {
  return Tinypool.move(block)
}
