/** Posting to loops of any thread, for code that may itself run on no loop. Only for threads/. */
import { NotSupportedError } from '../base/errors.ts'
import type { Posted } from '../loop/io/mail-io.ts'
import { loadBinding } from '../native/binding.ts'
import { postLetter } from '../native/native-mail.ts'

export interface LetterBox {
  post(to: number, bytes: Uint8Array): Posted
  isOpen(id: number): boolean
}

let box: LetterBox | undefined

/** @throws NotSupportedError where the addon cannot load. */
export function letterBox(call: string): LetterBox {
  if (box !== undefined) return box
  const { binding, reason } = loadBinding()
  if (binding === undefined)
    throw new NotSupportedError(call, 'portable', 'threads', `the native addon is needed: ${reason}`)
  box = {
    post: (to, bytes) => postLetter(binding, to, bytes),
    isOpen: (id) => binding.wake(id),
  }
  return box
}
