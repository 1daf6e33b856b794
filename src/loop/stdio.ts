/** What a child process may be given as its stdin, stdout and stderr: the names of the choices. */

/**
 * A pipe between the child and this program. Stands for `asyncio.subprocess.PIPE`.
 *
 * @example
 * ```ts
 * const child = await createSubprocessExec('date', { stdout: PIPE })
 * console.log((await child.communicate()).stdout?.toString())
 * ```
 */
export const PIPE = 'pipe'
/**
 * For stderr: wherever stdout goes. Stands for `asyncio.subprocess.STDOUT`.
 *
 * @example
 * ```ts
 * const child = await createSubprocessExec('make', { stdout: PIPE, stderr: STDOUT })
 * console.log((await child.communicate()).stdout?.toString())
 * ```
 */
export const STDOUT = 'stdout'
/**
 * Nothing: reads end at once, writes vanish. Stands for `asyncio.subprocess.DEVNULL`.
 *
 * @example
 * ```ts
 * const child = await createSubprocessExec('make', { stdin: DEVNULL, stdout: DEVNULL })
 * console.log(await child.wait())
 * ```
 */
export const DEVNULL = 'devnull'
