/**
 * What is used of the npm pools, typed here: the declarations that two of them ship do not pass this project's compiler
 * options, which look into libraries too. So they are imported by a name that the compiler does not follow.
 */

/** piscina, and tinypool which was made from it. */
export type ThreadPoolClass = new (options: {
  readonly filename: string
  readonly name: string
  readonly minThreads: number
  readonly maxThreads: number
}) => {
  run(
    task: unknown,
    options?: { readonly name: string; readonly transferList?: readonly ArrayBuffer[] },
  ): Promise<ArrayBuffer>
  destroy(): Promise<void>
}

export interface Workerpool {
  pool(
    script: string,
    options: { readonly workerType: 'thread'; readonly minWorkers: number; readonly maxWorkers: number },
  ): {
    exec(
      method: string,
      params: readonly unknown[],
      options?: { readonly transfer: readonly ArrayBuffer[] },
    ): PromiseLike<ArrayBuffer>
    terminate(): PromiseLike<unknown>
  }
}

export async function importPool<T>(name: 'piscina' | 'tinypool' | 'workerpool'): Promise<T> {
  return (await import(name)) as T
}
