/**
 * The one statistic that subjects compute themselves, so that thousands of samples need not cross the pipe. Apart from
 * statistics.ts because a subject's process loads no package that it does not measure.
 */
export function quantile(samples: readonly number[], p: number): number {
  if (samples.length === 0) throw new RangeError('taking a quantile of no samples: pass at least one')
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}
