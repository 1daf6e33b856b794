import workerpool from 'workerpool'
import { compute, empty } from './jobs.mjs'

/** @param {ArrayBuffer} block */
function back(block) {
  return new workerpool.Transfer(block, [block])
}

workerpool.worker({ compute, empty, back })
