/** What is refused when a connection or server is opened or tuned: by a typed error, and nothing stays open. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRunningLoop, Protocol, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import {
  closeAll,
  connectedPair,
  descriptorsBackTo,
  hasStreams,
  openDescriptors,
  openNetLab,
  outsider,
  outsideServer,
} from './net-lab.ts'

const BAD = { ssl: { key: 'no key', cert: 'no certificate' } }

export function refusedOpeningsContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  const lab = openLab(harness)

  describe('what is refused', () => {
    const { outside } = openNetLab(lab)

    if (process.platform !== 'win32') {
      test('a Unix server with a bad certificate leaves neither a socket nor its file', () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          if (!loop.capabilities.tls) return
          const folder = mkdtempSync(join(tmpdir(), 'aioloop-refused-'))
          const first = await loop.createUnixServer(() => new Protocol(), join(folder, 'first'))
          first.close()
          await sleep(1)
          const before = openDescriptors()
          const path = join(folder, 'socket')
          await expect(loop.createUnixServer(() => new Protocol(), path, BAD)).rejects.toThrow('PEM')
          expect(existsSync(path)).toBe(false)
          expect(await descriptorsBackTo(before)).toBe(true)
          rmSync(folder, { recursive: true })
        }))
    }

    test('an accepted socket is closed when the certificate for it is bad', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        if (!loop.capabilities.tls) return
        let resolve: (socket: Socket) => void = () => {}
        const promise = new Promise<Socket>((found) => {
          resolve = found
        })
        const { server, port } = await outsideServer((socket) => resolve(socket))
        outside.push(server, await outsider(port))
        const socket = await promise
        await expect(loop.connectAcceptedSocket(() => new Protocol(), socket, BAD)).rejects.toThrow('PEM')
        expect(socket.destroyed).toBe(true)
      }))

    test('marks and knobs that are no numbers, or no booleans', () =>
      lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const { transport } = client
        for (const limits of [null, 5, { high: '70000' }, { low: {} }]) {
          expect(() => transport.setWriteBufferLimits(limits as never)).toThrow(TypeError)
        }
        expect(transport.getWriteBufferLimits()).toEqual({ low: 16384, high: 65536 })
        const socket = transport.getExtraInfo('socket')
        expect(() => socket?.setKeepAlive('yes' as never)).toThrow(TypeError)
        expect(() => socket?.setKeepAlive(true, '5' as never)).toThrow(TypeError)
        expect(() => socket?.setKeepAlive(true, Number.NaN)).toThrow(RangeError)
        expect(() => socket?.setKeepAlive(true, 1e15)).toThrow(RangeError)
        expect(() => socket?.setNoDelay(1 as never)).toThrow(TypeError)
        socket?.setKeepAlive(true, 1000)
        await closeAll(server, client, peer)
      }))
  })
}
