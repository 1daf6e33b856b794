import { copyFileSync, linkSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Binding, loadAddon, loadBinding, unfitRuntime } from '../../../src/native/binding.ts'
import { layoutMismatch } from '../../../src/native/layout.ts'

describe('loading the addon', () => {
  it('loads once and says from where', () => {
    const loaded = loadBinding()
    expect(loaded.reason).toBeUndefined()
    expect(loaded.path).toMatch(/aioloop.*\.node$/)
    expect(loadBinding()).toBe(loaded)
  })

  it.each([
    [{ uv: '1.52.1', bun: '1.4.0' }, /Bun/],
    [{ uv: '1.52.1', deno: '2.9.0' }, /Deno/],
    [{ uv: '2.0.0' }, /libuv 2\.0\.0/],
    [{}, /which libuv/],
  ])('refuses %j before loading anything', (versions, reason) => {
    expect(unfitRuntime(versions)).toMatch(reason)
  })

  it('accepts every libuv of major version 1', () => {
    expect(unfitRuntime({ uv: '1.46.0' })).toBeUndefined()
    expect(unfitRuntime({ uv: '1.52.1' })).toBeUndefined()
  })

  it('names what differs between two layouts', () => {
    const { binding } = loadBinding()
    const { layout } = binding as Binding & { layout: Record<string, number> }
    expect(layoutMismatch(layout)).toBeUndefined()
    expect(layoutMismatch({ ...layout, abiVersion: 99 })).toMatch(/abiVersion is 99/)
    expect(layoutMismatch({ ...layout, extra: 1 })).toMatch(/extra/)
    expect(layoutMismatch({})).toMatch(/undefined in the addon/)
    expect(layoutMismatch(undefined)).toMatch(/no layout/)
  })

  it('loads twice in one environment: the same file under another name, and a copy of it', () => {
    const { binding, path = '' } = loadBinding()
    // A hard link is the same file to the system's loader and another to Node's, so it is set up a second time. Beside the
    // original, since links do not cross file systems.
    const folder = mkdtempSync(join(dirname(path), 'twice-'))
    try {
      linkSync(path, join(folder, 'link.node'))
      copyFileSync(path, join(folder, 'copy.node'))
      const linked = loadAddon(join(folder, 'link.node')).binding
      const copied = loadAddon(join(folder, 'copy.node')).binding
      const options = { standalone: true, submissionCapacity: 4, completionCapacity: 4, longestWait: 0 }
      const bindings = [binding, linked, copied].filter((each) => each !== undefined)
      expect(new Set(bindings).size).toBe(3)
      const loops = bindings.map(({ Loop }) => new Loop(options, () => {}))
      // The registry is the file's: a link shares it, a copy has its own, and neither answers to the other's ids.
      expect(loops.map((loop) => linked?.wake(loop.id()))).toEqual([true, true, false])
      expect(loops.map((loop) => copied?.wake(loop.id()))).toEqual([false, false, true])
      expect(bindings.map((each) => each.openLoops() > 0)).toEqual([true, true, true])
      for (const loop of loops) loop.close()
      expect(linked?.openLoops()).toBe(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('checks what the native constructor is given', () => {
    const { binding } = loadBinding()
    const Loop = binding?.Loop as unknown as new (...args: unknown[]) => unknown
    const options = { standalone: true, submissionCapacity: 4, completionCapacity: 4, longestWait: 0 }
    expect(() => new Loop()).toThrow(TypeError)
    expect(() => new Loop(options)).toThrow(TypeError)
    expect(() => new Loop({ ...options, standalone: 1 }, () => {})).toThrow(TypeError)
    expect(() => new Loop({ ...options, completionCapacity: 5 }, () => {})).toThrow(RangeError)
    expect(() => new Loop({ ...options, submissionCapacity: '4' }, () => {})).toThrow(TypeError)
    expect(() => new Loop({ ...options, longestWait: -1 }, () => {})).toThrow(RangeError)
    expect(() => binding?.wake('x' as unknown as number)).toThrow(TypeError)
  })
})
