/** Makes the errors that Node would make: same message, same fields. For backends that get bare codes from the system. */
import { getSystemErrorMap } from 'node:util'
import type { SocketAddress, SystemError } from './system.ts'

/** `code` is libuv's, negative. `where` is the address or the path that was tried. */
export function systemError(code: number, syscall: string, where?: SocketAddress | string): SystemError {
  const [name, text] = getSystemErrorMap().get(code) ?? [`UNKNOWN${code}`, 'unknown error']
  const place = where === undefined ? '' : typeof where === 'string' ? ` ${where}` : ` ${where.address}:${where.port}`
  const error = new Error(`${syscall} ${name}${place}: ${text}`) as Error & Record<string, unknown>
  error.errno = code
  error.code = name
  error.syscall = syscall
  if (typeof where === 'string') error.path = where
  else if (where !== undefined) {
    error.address = where.address
    error.port = where.port
  }
  return error as unknown as SystemError
}

/** The same by name, such as EPIPE. */
export function systemErrorNamed(name: string, syscall: string, where?: SocketAddress | string): SystemError {
  for (const [code, [known]] of getSystemErrorMap()) if (known === name) return systemError(code, syscall, where)
  return systemError(0, syscall, where)
}
