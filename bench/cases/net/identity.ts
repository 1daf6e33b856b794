/** Who the TLS servers say they are: a key and a certificate that nothing else trusts. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { peersFolder } from './compiled.ts'

/** The files. @throws Missing outside a clone. */
export function identityFiles(): { readonly key: string; readonly cert: string } {
  const folder = peersFolder()
  return { key: join(folder, 'tls-key.pem'), cert: join(folder, 'tls-cert.pem') }
}

/** Options of `tls.createServer`. @throws Missing outside a clone. */
export function identity(): { readonly key: Buffer; readonly cert: Buffer } {
  const { key, cert } = identityFiles()
  return { key: readFileSync(key), cert: readFileSync(cert) }
}
