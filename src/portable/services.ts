/**
 * The names of services, from the file in which every system keeps them: Node asks the resolver for hosts only. Read at the
 * first need, once; a system without the file knows no names.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Protocol = 'tcp' | 'udp'

interface Services {
  /** By `name/protocol`. */
  readonly ports: ReadonlyMap<string, number>
  /** By `port/protocol`. */
  readonly names: ReadonlyMap<string, string>
}

let known: Services | undefined

/** The port of a service, also by one of its other names. */
export function portOfService(name: string, protocol: Protocol): number | undefined {
  known ??= parseServices(readServices())
  return known.ports.get(`${name}/${protocol}`)
}

/** The official name of a port. */
export function serviceOfPort(port: number, protocol: Protocol): string | undefined {
  known ??= parseServices(readServices())
  return known.names.get(`${port}/${protocol}`)
}

/** Lines of `name port/protocol alias... # comment`; of several lines for one key the first holds. */
export function parseServices(text: string): Services {
  const ports = new Map<string, number>()
  const names = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [name, place, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    const [, digits, protocol] = /^(\d{1,5})\/(\w+)$/.exec(place ?? '') ?? []
    if (name === undefined || digits === undefined) continue
    for (const each of [name, ...aliases]) {
      const key = `${each}/${protocol}`
      if (!ports.has(key)) ports.set(key, Number(digits))
    }
    const key = `${Number(digits)}/${protocol}`
    if (!names.has(key)) names.set(key, name)
  }
  return { ports, names }
}

function readServices(): string {
  const windows = join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'services')
  try {
    return readFileSync(process.platform === 'win32' ? windows : '/etc/services', 'utf8')
  } catch {
    return ''
  }
}
