/** The `executors` cases on tinypool, on threads. */
import { importPool, type ThreadPoolClass } from './npm-pools.ts'
import { piscinaLike } from './piscina-like.ts'

const { Tinypool } = await importPool<{ Tinypool: ThreadPoolClass }>('tinypool')

export const program = piscinaLike(Tinypool, 'tinypool-jobs.mjs')
