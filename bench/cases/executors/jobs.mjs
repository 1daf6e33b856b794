// What the workers of the npm pools run. Each pool has a file of its own beside this one, for what is to move.

export function empty() {
  return 1
}

/** @param {number} steps */
export function compute(steps) {
  let x = 1
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
  return x
}
