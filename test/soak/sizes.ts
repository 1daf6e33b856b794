/**
 * How far a soak goes. Without a time box it reaches the full sizes; with AIOLOOP_SOAK_MINUTES, the minutes of one file, each
 * case takes an equal share of them and goes as far as that allows, once at least. Every case prints the size it reached.
 */
export async function untilDeadline(most: number, cases: number, act: () => Promise<void>): Promise<number> {
  const box = process.env.AIOLOOP_SOAK_MINUTES
  const share = box === undefined ? Number.POSITIVE_INFINITY : (Number(box) * 60_000) / cases
  const started = performance.now()
  let count = 0
  do {
    await act()
    count++
  } while (count < most && performance.now() - started < share)
  return count
}

export function reached(what: string, size: number, full: number): void {
  console.log(`soak: ${what}: ${size} of ${full}`)
}
