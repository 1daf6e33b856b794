/**
 * Programs of others that some tests talk to: each by name, or undefined when this machine lacks it. A test then says
 * `context.skip('needs X')`.
 */
import { spawnSync } from 'node:child_process'

export function tool(name: string, ...probe: string[]): string | undefined {
  return spawnSync(name, probe, { stdio: 'ignore' }).status === 0 ? name : undefined
}

export const curl = () => tool('curl', '--version')
export const socat = () => tool('socat', '-V')
export const openssl = () => tool('openssl', 'version')
export const redisCli = () => tool('redis-cli', '--version')
export const redisBenchmark = () => tool('redis-benchmark', '--version')
