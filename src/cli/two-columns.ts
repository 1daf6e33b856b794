/** Rows of a name and a value, the values under each other. The whole of the layout that this command needs. */
const GAP = 2

export function twoColumns(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length)) + GAP
  return rows.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join('')
}
