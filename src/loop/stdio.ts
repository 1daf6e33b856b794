/** What a child process may be given as its stdin, stdout and stderr: the names of the choices. */

/** A pipe between the child and this program. Stands for `asyncio.subprocess.PIPE`. */
export const PIPE = 'pipe'
/** For stderr: wherever stdout goes. Stands for `asyncio.subprocess.STDOUT`. */
export const STDOUT = 'stdout'
/** Nothing: reads end at once, writes vanish. Stands for `asyncio.subprocess.DEVNULL`. */
export const DEVNULL = 'devnull'
