// Where saved files go: always inside the folder, one for each address.

import { isAbsolute } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { savedPath } from '../../examples/crawler/output.ts'

test('a saved page keeps the path of its address', () => {
  expect(savedPath('http://a.example/', true)).toBe('index.html')
  expect(savedPath('http://a.example/docs/', true)).toBe('docs/index.html')
  expect(savedPath('http://a.example/docs/page', true)).toBe('docs/page.html')
  expect(savedPath('http://a.example/docs/page.html', true)).toBe('docs/page.html')
  expect(savedPath('http://a.example/x.html?q=1&r=/', true)).toBe('x.html@q%3D1%26r%3D%2F.html')
  expect(savedPath('http://a.example/pic.png', false)).toBe('pic.png')
})

test('no address leads out of the folder, and no name is longer than a file system takes', () => {
  const path = fc.array(
    fc.oneof(fc.string(), fc.constantFrom('..', '%2e%2e', '', '/', '\\', '%2f', '%00', ':', '*', 'x'.repeat(300))),
  )
  fc.assert(
    fc.property(path, (parts) => {
      const address = `http://a.example/${parts.join('/')}`
      fc.pre(URL.canParse(address))
      const saved = savedPath(address, true)
      expect(isAbsolute(saved)).toBe(false)
      for (const name of saved.split('/')) {
        expect(name).not.toMatch(/^\.*$/)
        expect(name).not.toMatch(/[<>:"|?*\\]/)
        expect(Buffer.byteLength(name)).toBeLessThan(255)
      }
    }),
  )
})
