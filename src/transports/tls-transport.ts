/** A stream transport whose bytes travel encrypted. It has no half-close: TLS ends both directions at once. */
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import { StreamTransport } from './stream-transport.ts'

export class TlsTransport extends StreamTransport {
  override canWriteEof(): boolean {
    return false
  }

  override writeEof(): void {
    throw new LoopStateError('transport.writeEof: TLS has no half-close; call close(), or ask canWriteEof() first')
  }

  /** The end is part of what is sent; the connection is lost when the peer has answered it. */
  override close(): void {
    if (this.isClosing()) return
    super.writeEof()
    super.close()
  }

  /** @internal */
  override ended(): void {
    super.ended()
    // What eofReceived() wants does not count.
    this.close()
  }
}
brand(TlsTransport, 'TlsTransport')
