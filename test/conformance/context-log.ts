/** For the suites about the async context in which protocols are called: who writes down where each call ran. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { BufferedProtocol, Protocol, sleep, type Transport } from 'aioloop'

export const store = new AsyncLocalStorage<string>()

/** Where each call of a protocol ran. */
export class ContextLog {
  readonly seen: Record<string, unknown> = {}
  transport: Transport | undefined

  note(call: string): void {
    const here = store.getStore()
    if (!(call in this.seen)) this.seen[call] = here
    else if (this.seen[call] !== here) this.seen[call] = `${this.seen[call]}, then ${here}`
  }

  async has(call: string): Promise<void> {
    while (!(call in this.seen)) await sleep(1)
  }

  /** Whether every call was seen, and each in the context `inner`. */
  expected(kind: StreamKind, ...calls: string[]): Record<string, unknown> {
    const all = kind === 'Protocol' ? calls : [...calls, 'buffer']
    return Object.fromEntries(all.map((call) => [call, 'inner']))
  }
}

/** The two kinds of stream protocols, with the same log. */
export const streamKinds = {
  Protocol: (log: ContextLog) =>
    new (class extends Protocol {
      override connectionMade(transport: Transport): void {
        log.transport = transport
        log.note('made')
      }
      override dataReceived(): void {
        log.note('data')
      }
      override pauseWriting(): void {
        log.note('pause')
      }
      override resumeWriting(): void {
        log.note('resume')
      }
      override eofReceived(): unknown {
        log.note('eof')
        return false
      }
      override connectionLost(): void {
        log.note('lost')
      }
    })(),
  BufferedProtocol: (log: ContextLog) =>
    new (class extends BufferedProtocol {
      override connectionMade(transport: Transport): void {
        log.transport = transport
        log.note('made')
      }
      override getBuffer(): Uint8Array {
        log.note('buffer')
        return new Uint8Array(65_536)
      }
      override bufferUpdated(): void {
        log.note('data')
      }
      override pauseWriting(): void {
        log.note('pause')
      }
      override resumeWriting(): void {
        log.note('resume')
      }
      override eofReceived(): unknown {
        log.note('eof')
        return false
      }
      override connectionLost(): void {
        log.note('lost')
      }
    })(),
}

export type StreamKind = keyof typeof streamKinds
export const STREAM_KINDS = Object.keys(streamKinds) as StreamKind[]

/** How the bytes travel: a name for titles. */
export const WAYS = ['TCP', 'Unix', 'TLS over TCP', 'TLS over Unix'] as const
export type Way = (typeof WAYS)[number]
export const isSecure = (way: Way) => way.startsWith('TLS')
export const isUnix = (way: Way) => way.endsWith('Unix')

const pem = (name: string) => readFileSync(new URL(`../contract/tls/${name}`, import.meta.url))
/** For a server, whose name is `localhost`. */
export const identity = { key: pem('server.key'), cert: pem('server.pem') }
/** For its clients. */
export const trust = { ca: pem('ca.pem') }
