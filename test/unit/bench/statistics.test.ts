/** The arithmetic between the measured values and the printed ones. */
import { describe, expect, it } from 'vitest'
import { quantile } from '../../../bench/harness/quantile.ts'
import { betterBy, differences, noiseOf, ratios, rotation, summarize } from '../../../bench/harness/statistics.ts'

describe('statistics of a benchmark', () => {
  it('summarizes by median and quartiles, in whatever order values come', () => {
    expect(summarize([5, 1, 4, 2, 3])).toEqual({ median: 3, q1: 2, q3: 4 })
    expect(summarize([7])).toEqual({ median: 7, q1: 7, q3: 7 })
    expect(() => summarize([])).toThrow(RangeError)
  })

  it('knows of each metric which way better is', () => {
    const time = { key: 'cpu', label: '', unit: 'ns' }
    expect(betterBy(time, [100, 200], [50, 50])).toEqual([2, 4])
    expect(betterBy({ ...time, moreIsBetter: true }, [100, 200], [50, 50])).toEqual([0.5, 0.25])
  })

  it('compares round by round, so a machine that slows down for all changes nothing', () => {
    expect(ratios([100, 200, 400], [50, 100, 200])).toEqual([2, 2, 2])
    expect(differences([1, 2, 4], [1.5, 2.5, 4.5])).toEqual([0.5, 0.5, 0.5])
  })

  it('refuses to compare different numbers of rounds', () => {
    expect(() => ratios([1, 2], [1])).toThrow(RangeError)
  })

  it('gives no ratio where a value is zero or negative', () => {
    expect(ratios([1, 2], [1, 0])).toEqual([])
    expect(ratios([-1, 2], [1, 1])).toEqual([])
  })

  it('calls noise the larger of a shifted median and half the spread of the twin', () => {
    expect(noiseOf([1.2, 1.2, 1.2])).toBeCloseTo(0.2)
    expect(noiseOf([0.9, 0.9, 1, 1.1, 1.1])).toBeCloseTo(0.1)
    expect(noiseOf([])).toBeUndefined()
  })

  it('lets every subject come first in turn', () => {
    expect([0, 1, 2, 3].map((round) => rotation(['A', 'B', 'C'], round).join(''))).toEqual(['ABC', 'BCA', 'CAB', 'ABC'])
    expect(rotation([], 5)).toEqual([])
  })

  it('takes quantiles of raw samples', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 99 - i)
    expect(quantile(samples, 0.5)).toBe(50)
    expect(quantile(samples, 0.99)).toBe(99)
    expect(quantile([3], 0.99)).toBe(3)
    expect(() => quantile([], 0.5)).toThrow(RangeError)
  })
})
