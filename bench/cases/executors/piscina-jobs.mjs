import { move } from 'piscina'

export { compute, empty } from './jobs.mjs'

/** @param {ArrayBuffer} block */
export function back(block) {
  return move(block)
}
