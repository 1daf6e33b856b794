/** The version of this package, from its own package.json, found by the package's name as any user would find it. */
import { readFileSync } from 'node:fs'

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve('aioloop/package.json')), 'utf8')) as {
    version: string
  }
  return version
}
