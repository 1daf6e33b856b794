/**
 * The progress line: a bar on a terminal, one plain line per case elsewhere, on stderr so that tables can be piped.
 * The runner alone drives it; while a slice is measured nothing is drawn.
 */
import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  /** A case begins; it will `step` so many times. */
  begin(title: string, steps: number): void
  step(): void
  end(): void
}

export function createProgress(): Progress {
  return process.stderr.isTTY ? new BarProgress() : new LineProgress()
}

class BarProgress implements Progress {
  readonly #bar = new SingleBar(
    { format: '{bar} {value}/{total} {title}', clearOnComplete: true, hideCursor: true, noTTYOutput: false },
    Presets.shades_classic,
  )

  begin(title: string, steps: number): void {
    this.#bar.start(steps, 0, { title })
  }

  step(): void {
    this.#bar.increment()
  }

  end(): void {
    this.#bar.stop()
  }
}

class LineProgress implements Progress {
  #title = ''
  #began = 0

  begin(title: string): void {
    this.#title = title
    this.#began = Date.now()
  }

  step(): void {}

  end(): void {
    process.stderr.write(`${this.#title}: ${((Date.now() - this.#began) / 1000).toFixed(1)} s\n`)
  }
}
