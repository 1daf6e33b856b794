/**
 * `node --import aioloop/install app.js`: pins the loop at start-up. `AIOLOOP_LOOP` picks which, and is then a demand; if it
 * is not set the native loop, or a warning.
 */
import { install } from './policy/install.ts'
import { loopName } from './policy/policy.ts'

const wanted = process.env.AIOLOOP_LOOP
install(wanted === undefined || wanted === '' ? {} : { loop: loopName('AIOLOOP_LOOP', wanted), required: true })
