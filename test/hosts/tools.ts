/**
 * Programs of others that some tests talk to: each by name, or undefined when this machine lacks it. A test then says
 * `context.skip('needs X')`.
 */
import { spawnSync } from 'node:child_process'

/** Their environment: ours without the sanitizer, which would be loaded into them too, and hangs some. */
export function environmentOfTools(): NodeJS.ProcessEnv {
  const { LD_PRELOAD, ...rest } = process.env
  return rest
}

export function tool(name: string, ...probe: string[]): string | undefined {
  const options = { stdio: 'ignore', env: environmentOfTools(), timeout: 120_000 } as const
  return spawnSync(name, probe, options).status === 0 ? name : undefined
}

export const curl = () => tool('curl', '--version')
export const socat = () => tool('socat', '-V')
export const openssl = () => tool('openssl', 'version')
export const redisCli = () => tool('redis-cli', '--version')
export const redisBenchmark = () => tool('redis-benchmark', '--version')
