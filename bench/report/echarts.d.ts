/**
 * The part of echarts that draws charts to text, typed by hand: the declarations it ships want the browser's types, which
 * a program for Node has not. Options are plain JSON; what is wrong in them, echarts ignores, so charts are looked at.
 */
declare module 'echarts/dist/echarts.esm.mjs' {
  export interface Chart {
    setOption(option: Readonly<Record<string, unknown>>): void
    renderToSVGString(): string
    dispose(): void
  }

  export interface InitOptions {
    readonly renderer: 'svg'
    /** Draws without a document. */
    readonly ssr: true
    readonly width: number
    readonly height: number
  }

  export function init(element: null, theme: null, options: InitOptions): Chart
}
