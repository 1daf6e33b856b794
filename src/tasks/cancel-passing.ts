/**
 * How one cancel passes from a task to the tasks it waits for, to those that they wait for, and so on: depth first, as the
 * calls nest. `task.cancel` of a pending task is true whatever lies behind it, so nobody needs the answer of what is further
 * down: past a certain depth the tasks to come stand in a list here and not on the engine's stack, and a chain of any
 * length can be cancelled.
 *
 * Tasks may wait for each other in a circle. A cancel that comes back to a task that it is just passing through would go
 * round for ever, and nothing in the circle can end by itself. So it stops there, and that task, the first of the circle that
 * it met, stops waiting: it gets its CancelledError where it stands, and the others get theirs from its end.
 *
 * Code of the user that is called on the way (listeners of signals, subscribers of channels) may cancel tasks as well: those
 * are cancels of their own (`apart`).
 */

/** A task, as far as cancels pass through it. */
export interface PassedThrough {
  /** The number of the cancel that is just passing through; 0 when none is. Written here only. */
  passing: number
  /** Cancel what this waits for. */
  handCancelOn(): void
  /** Stop waiting, with the cancel as the outcome. */
  breakOff(): void
}

/** So many tasks one behind the other are passed through by nested calls: far below what the engine's stack holds. */
const NESTED = 64

let depth = 0
/** The number of the cancel that is on its way now; those of `apart` have others. */
let number = 1
let numbers = 1
/** In the list below a task notes the tasks behind it, in place of going on with them itself. */
let noted: PassedThrough[] | undefined
/** Tasks that a cancel has come back to while it passed through them. */
const circles = new Set<PassedThrough>()

/** Those that {@link cancelTogether} has cancelled so far. */
let together: Set<PassedThrough> | undefined

/** True when `task` is to be left alone: the cancel on its way has been there. A circle is seen to here. */
export function wasHere(task: PassedThrough): boolean {
  if (task.passing === number) {
    circles.add(task)
    return true
  }
  if (together === undefined) return false
  if (together.has(task)) return true
  together.add(task)
  return false
}

/**
 * Cancel all of these, each once, also where they wait for each other: one by one, a chain of them would be walked down from
 * every task in it.
 */
export function cancelTogether(tasks: readonly { cancel(): boolean }[]): void {
  const outer = together
  together = new Set()
  try {
    for (const task of tasks) task.cancel()
  } finally {
    together = outer
  }
}

/** `task` was cancelled: so is what it waits for. */
export function passOn(task: PassedThrough): void {
  if (noted !== undefined) {
    noted.push(task)
  } else if (depth === NESTED) {
    passDown(task)
  } else {
    const outer = task.passing
    task.passing = number
    depth++
    try {
      task.handCancelOn()
    } finally {
      depth--
      leave(task, outer)
    }
  }
}

/** Call code of the user in the middle of a cancel. */
export function apart(act: () => void): void {
  const outerNumber = number
  const outerNoted = noted
  const outerTogether = together
  number = ++numbers
  noted = undefined
  together = undefined
  try {
    act()
  } finally {
    number = outerNumber
    noted = outerNoted
    together = outerTogether
  }
}

/** The mark in the list where all behind a task is dealt with. */
class Leaving {
  readonly task: PassedThrough
  readonly outer: number

  constructor(task: PassedThrough) {
    this.task = task
    this.outer = task.passing
  }
}

function passDown(first: PassedThrough): void {
  const open: (PassedThrough | Leaving)[] = [first]
  try {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next instanceof Leaving) {
        leave(next.task, next.outer)
        continue
      }
      open.push(new Leaving(next))
      next.passing = number
      noted = []
      next.handCancelOn()
      for (let behind = noted.pop(); behind !== undefined; behind = noted.pop()) open.push(behind)
    }
  } finally {
    noted = undefined
    for (const left of open.reverse()) if (left instanceof Leaving) leave(left.task, left.outer)
  }
}

function leave(task: PassedThrough, outer: number): void {
  task.passing = outer
  if (circles.size > 0 && circles.delete(task)) task.breakOff()
}
