/** Who the TLS servers say they are: a key and a certificate that nothing else trusts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { peersFolder } from './compiled.ts'

/** Options of `tls.createServer`. @throws Missing outside a clone. */
export function identity(): { readonly key: Buffer; readonly cert: Buffer } {
  const read = (name: string) => readFileSync(join(peersFolder(), name))
  return { key: read('tls-key.pem'), cert: read('tls-cert.pem') }
}
