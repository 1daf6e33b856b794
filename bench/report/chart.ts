/**
 * One suite as a drawing: a panel per case, a bar per subject, from the line of the baseline to the right where a subject is
 * better and to the left where it is worse, so that a loss looks like one. The scale is logarithmic: twice as fast and half
 * as fast are bars of one length. Bars of aioloop are coloured, and take another colour where they lose.
 */
import { init } from 'echarts/dist/echarts.esm.mjs'
import type { Row, SuiteReport } from './rows.ts'
import { isLoss, withoutDetails } from './rows.ts'
import { figure } from './tables.ts'

export interface Theme {
  readonly text: string
  readonly faint: string
  readonly line: string
  readonly native: string
  readonly portable: string
  readonly loss: string
  readonly peer: string
}

export const themes: Readonly<Record<'light' | 'dark', Theme>> = {
  light: {
    text: '#1f2328',
    faint: '#59636e',
    line: '#d1d9e0',
    native: '#0969da',
    portable: '#7fb2ec',
    loss: '#bc4c00',
    peer: '#afb8c1',
  },
  dark: {
    text: '#f0f6fc',
    faint: '#9198a1',
    line: '#3d444d',
    native: '#4493f8',
    portable: '#2a5a97',
    loss: '#f0883e',
    peer: '#656c76',
  },
}

const WIDTH = 840
const NAMES_WIDTH = 200
const RIGHT = 24
const HEAD = 66
const PANEL_HEAD = 26
const ROW = 19
const PANEL_GAP = 12
const FOOT = 34
/** Room beside the longest bars for what is written there, as a part of the whole range. */
const LABEL_ROOM = 0.26
const MARKS = 9
const KEY = 'Blue: aioloop. Orange: aioloop, behind the baseline (1×) by more than the noise. Grey: peers.'
/** No name in quotes: echarts writes this into an attribute as it is. */

const FONT = 'system-ui, -apple-system, sans-serif'

interface Panel {
  readonly name: string
  readonly rows: readonly Row[]
  readonly top: number
}

/** An SVG document. `subtitle` says where and when it was measured. */
export function drawSuite(whole: SuiteReport, subtitle: string, theme: Theme): string {
  const suite = withoutDetails(whole)
  const panels = panelsOf(suite)
  const last = panels.at(-1)
  const height = (last === undefined ? HEAD : last.top + last.rows.length * ROW) + FOOT
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  try {
    chart.setOption(optionOf(suite, panels, subtitle, theme))
    return asPicture(chart.renderToSVGString(), `${suite.name}: aioloop and its peers`)
  } finally {
    chart.dispose()
  }
}

/** Without what echarts adds for a mouse, and with a title for who cannot see it. */
function asPicture(svg: string, title: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>\s*/, '')
    .replaceAll(/ (class|pointer-events)="[^"]*"/g, '')
    .replace('>', `>\n<title>${title}</title>`)
}

function panelsOf({ rows }: SuiteReport): Panel[] {
  const panels: Panel[] = []
  let top = HEAD
  for (const name of new Set(rows.map((row) => row.case))) {
    const own = rows.filter((row) => row.case === name)
    top += PANEL_HEAD
    panels.push({ name, rows: own, top })
    top += own.length * ROW + PANEL_GAP
  }
  return panels
}

function optionOf(suite: SuiteReport, panels: readonly Panel[], subtitle: string, theme: Theme) {
  const { min, max, interval } = scaleOf(suite.rows)
  const axisText = { color: theme.faint, fontSize: 11 }
  return {
    animation: false,
    textStyle: { fontFamily: FONT },
    title: [
      {
        text: `${suite.name}: so many times better than the baseline`,
        subtext: `${subtitle}\n${KEY}`,
        left: 0,
        top: 0,
        padding: 0,
        itemGap: 6,
        textStyle: { color: theme.text, fontSize: 16 },
        subtextStyle: { color: theme.faint, fontSize: 12, lineHeight: 17 },
      },
      ...panels.map(({ name, rows, top }) => ({
        text: `${name}, ${rows[0]?.unit ?? ''}`,
        left: 0,
        top: top - PANEL_HEAD + 6,
        padding: 0,
        textStyle: { color: theme.text, fontSize: 13 },
      })),
    ],
    grid: panels.map(({ rows, top }) => ({
      left: NAMES_WIDTH,
      right: RIGHT,
      top,
      height: rows.length * ROW,
      outerBoundsMode: 'none', // the scale of the last panel would move its grid
    })),
    yAxis: panels.map(({ rows }, gridIndex) => ({
      gridIndex,
      type: 'category',
      inverse: true,
      data: rows.map(({ subject }) => subject),
      axisTick: { show: false },
      axisLine: { onZero: true, lineStyle: { color: theme.faint } },
      axisLabel: { color: theme.text, fontSize: 12, interval: 0, margin: 8 },
    })),
    xAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: 'value',
      min,
      max,
      interval,
      splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
      axisLabel: { ...axisText, show: gridIndex === panels.length - 1, formatter: timesText },
    })),
    series: panels.map(({ rows }, index) => ({
      type: 'bar',
      silent: true, // nothing to hover over in a picture
      emphasis: { disabled: true },
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: 11,
      data: rows.map((row) => bar(suite, row, theme)),
    })),
  }
}

function bar(suite: SuiteReport, row: Row, theme: Theme) {
  const value = row.ratio === null ? 0 : Math.log2(row.ratio)
  return {
    value,
    itemStyle: { color: colour(suite, row, theme), borderRadius: 1 },
    label: {
      show: true,
      position: value < 0 ? 'left' : 'right',
      color: theme.text,
      fontSize: 11,
      formatter: caption(row),
    },
  }
}

function colour(suite: SuiteReport, row: Row, theme: Theme): string {
  if (isLoss(suite, row)) return theme.loss
  if (!row.subject.startsWith('aioloop')) return theme.peer
  return row.subject.startsWith('aioloop native') ? theme.native : theme.portable
}

/** Written at the end of a bar. A subject that was not measured says so. */
export function caption({ median, unit, ratio, missing }: Row): string {
  if (median === null) return missing ?? 'no figures'
  const amount = `${figure(median)} ${unit.split(/[ /]/, 1)[0] ?? ''}`
  return ratio === null ? amount : `${figure(ratio)}×  ${amount}`
}

/** Powers of two that hold all ratios and room for the captions; 1 is among the marked ones. */
function scaleOf(rows: readonly Row[]) {
  const powers = rows.flatMap(({ ratio }) => (ratio === null ? [] : [Math.log2(ratio)]))
  const low = Math.min(0, ...powers)
  const high = Math.max(0, ...powers)
  const room = Math.max(1, (high - low) * LABEL_ROOM)
  const interval = Math.ceil((high - low + 2 * room) / MARKS)
  const min = low < 0 ? Math.floor((low - room) / interval) * interval : 0
  return { min, max: Math.ceil((high + room) / interval) * interval, interval }
}

function timesText(power: number): string {
  return power < 0 ? `1/${2 ** -power}` : `${2 ** power}×`
}
