/**
 * The end of a call whose result must not be lost. A cancel that reached the task while no wait of it stood anywhere is
 * armed, and would be delivered at the task's next wait: too late for a call that has none left, which would hand what it
 * opened to a task that may never look at it. So such a call asks here, behind its last wait, and gives up what it has.
 */
import { currentFrame } from './frame.ts'

/** Throws the cancel that is armed here, of the task or of a scope around this, which is thereby delivered. */
export function throwArmedCancel(): void {
  const cancellation = currentFrame()?.takeArmedCancel()
  if (cancellation !== undefined) throw cancellation
}
