/** The `executors` cases on piscina: idle workers wait by `Atomics.wait`. */
import { importPool, type ThreadPoolClass } from './npm-pools.ts'
import { piscinaLike } from './piscina-like.ts'

const { Piscina } = await importPool<{ Piscina: ThreadPoolClass }>('piscina')

export const program = piscinaLike(Piscina, 'piscina-jobs.mjs')
