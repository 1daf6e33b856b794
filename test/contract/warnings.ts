/** The warnings of the library while a test runs: kept from the terminal, and taken by the test. */
import { afterEach, beforeEach, type MockInstance, vi } from 'vitest'

export interface Warnings {
  /** The messages with this code so far. */
  of(code: string): string[]
}

export function collectWarnings(): Warnings {
  const seen: { readonly code: string; readonly message: string }[] = []
  let spy: MockInstance

  beforeEach(() => {
    spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning, options) => {
      seen.push({ code: String((options as { code?: string } | undefined)?.code), message: String(warning) })
    })
  })
  afterEach(() => {
    spy.mockRestore()
    seen.length = 0
  })
  return { of: (code) => seen.filter((warning) => warning.code === code).map(({ message }) => message) }
}
