/** Random delays that are the same for every subject and every run: a comparison must not hang on the draw. */
const SEED = 12_345
const LONGEST_MS = 100

/** Whole milliseconds, 1 to 100, since that is all that Node's timers distinguish. */
export function randomDelays(count: number): number[] {
  let state = SEED
  return Array.from({ length: count }, () => {
    // The constants of Numerical Recipes' generator; its high bits are good enough here.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return 1 + Math.floor((state / 2 ** 32) * LONGEST_MS)
  })
}
