/** The order in which the addresses of two families are tried (RFC 8305, 4). */
import { expect, test } from 'vitest'
import { interleaved } from '../../../src/event-loop/connect.ts'
import type { AddressInfo } from '../../../src/loop/contract/names.ts'

const address = (name: string): AddressInfo => ({
  address: name,
  port: 1,
  family: name.startsWith('6') ? 'IPv6' : 'IPv4',
  type: 'stream',
})

test.each([
  [1, '6a 6b 6c 4a 4b', '6a 4a 6b 4b 6c'],
  [2, '6a 6b 6c 4a 4b', '6a 6b 4a 6c 4b'],
  [1, '4a 4b', '4a 4b'],
  [5, '4a 6a', '4a 6a'],
  [1, '', ''],
])('%d first of %s', (first, names, order) => {
  const list = names.split(' ').filter(Boolean).map(address)
  expect(
    interleaved(list, first)
      .map((one) => one.address)
      .join(' '),
  ).toBe(order)
})
