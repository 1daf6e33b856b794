/** What this process has open and whom it has started, as the system tells it: for tests that leave nothing behind. */
import { readdirSync, readFileSync } from 'node:fs'

/** The processes, zombies among them, whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  const children: number[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      // The name in parentheses may hold anything.
      const [, parent] = /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? []
      if (Number(parent) === pid) children.push(Number(entry))
    } catch {
      // It ended meanwhile.
    }
  }
  return children
}

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
