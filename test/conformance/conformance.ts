/** Every conformance suite, for one loop: asyncio's behaviour, area by area, as its own tests describe it. */
import { describe } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { futuresConformance } from './futures.conformance.ts'
import { waitForConformance } from './wait-for.conformance.ts'

export function conformance(harness: Harness): void {
  describe(`conformance of the ${harness.name} loop`, () => {
    futuresConformance(harness)
    waitForConformance(harness)
  })
}
