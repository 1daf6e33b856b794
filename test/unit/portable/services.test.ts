/** The file of services, as every system writes it. */
import { expect, test } from 'vitest'
import { parseServices, portOfService, serviceOfPort } from '../../../src/portable/services.ts'

const TEXT = `# comment
tcpmux          1/tcp                           # TCP port service multiplexer
http            80/tcp          www             # WorldWideWeb HTTP
http            8080/tcp
second          80/tcp          www
domain\t53/tcp
domain\t53/udp\tname nameserver\r
broken          x/tcp
broken2         123456/tcp
alone
syslog          0514/udp
`

test('ports by name and alias, names by port; the first line holds', () => {
  const { ports, names } = parseServices(TEXT)
  expect(Object.fromEntries(ports)).toEqual({
    'tcpmux/tcp': 1,
    'http/tcp': 80,
    'www/tcp': 80,
    'second/tcp': 80,
    'domain/tcp': 53,
    'domain/udp': 53,
    'name/udp': 53,
    'nameserver/udp': 53,
    'syslog/udp': 514,
  })
  expect(names.get('80/tcp')).toBe('http')
  expect(names.get('514/udp')).toBe('syslog')
  expect(names.has('123456/tcp')).toBe(false)
})

test('what the system does not know is undefined', () => {
  expect(portOfService('nosuchservice', 'tcp')).toBeUndefined()
  expect(serviceOfPort(65000, 'udp')).toBeUndefined()
})
