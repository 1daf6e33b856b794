// CPU per request of echo servers in one run: server pinned to core 0, load to core 1, interleaved slices, medians.
//   node bench/cases/echo/ratio.mjs [--node PATH] [--rounds N] [--ms N] [--sizes 1024,10240,65536] [--conns 50] [subject ...]
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'

const here = import.meta.dirname
const root = join(here, '../../..')
const out = join(root, '.cache/echo')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: process.execPath },
    warm: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '9' },
    ms: { type: 'string', default: '300' },
    sizes: { type: 'string', default: '1024,10240,65536' },
    conns: { type: 'string', default: '50' },
  },
})
mkdirSync(out, { recursive: true })
const peer = (name, ...libraries) => {
  const built = join(out, name)
  execFileSync('cc', ['-O2', '-o', built, join(root, 'bench/peers', `${name}.c`), ...libraries])
  return built
}
const bundle = (name) => {
  const outfile = join(out, `${name}.mjs`)
  buildSync({
    entryPoints: [join(here, `${name}.ts`)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
  })
  return outfile
}
const load = peer('echo-load')
const subjects = {
  c: () => [peer('echo-libuv', '-luv')],
  'c again': () => [peer('echo-libuv', '-luv')],
  raw: () => [values.node, bundle('raw-server')],
  // The same with other builds of the addon: `raw=FILE`.

  'node:net': () => [values.node, bundle('net-server')],
}
const chosen = positionals.length > 0 ? positionals : Object.keys(subjects)

const lines = (child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]()
const servers = []
process.on('exit', () => {
  for (const { child } of servers) child.kill()
  client?.kill()
})
let client
for (const name of chosen) {
  const [subject, binding] = name.split('=')
  const env = binding === undefined ? process.env : { ...process.env, AIOLOOP_BINDING: binding }
  const child = spawn('taskset', ['-c', '0', ...subjects[subject]()], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const server = { name, child, port: 0, figures: new Map() }
  servers.push(server)
  const { value } = await lines(child).next()
  if (value === undefined) throw new Error(`${name} did not start`)
  server.port = Number(value)
}
client = spawn('taskset', ['-c', '1', load], { stdio: ['pipe', 'pipe', 'inherit'] })
const answers = lines(client)
const cpu = (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0])
// taskset replaces itself; of Node, only the main thread's time stands here, so all threads are summed up.
const cpuOf = (pid) => {
  let total = 0
  for (const tid of execFileSync('ls', [`/proc/${pid}/task`], { encoding: 'utf8' })
    .trim()
    .split('\n')) {
    total += cpu(`${pid}/task/${tid}`)
  }
  return total
}
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]
const sizes = values.sizes.split(',').map(Number)
for (let round = -Number(values.warm); round < Number(values.rounds); round++) {
  for (const size of sizes) {
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(i + round + 1000 * servers.length) % servers.length]
      const before = cpuOf(server.child.pid)
      client.stdin.write(`${server.port} ${values.conns} ${size} ${values.ms}\n`)
      const { value } = await answers.next()
      const [requests, ns] = value.split(' ').map(Number)
      const each = (cpuOf(server.child.pid) - before) / requests / 1000
      if (round < 0) continue
      const figures = server.figures.get(size) ?? { cpu: [], rate: [] }
      figures.cpu.push(each)
      figures.rate.push((requests / ns) * 1e6)
      server.figures.set(size, figures)
    }
  }
}
for (const size of sizes) {
  const base = servers[0].figures.get(size).cpu
  for (const { name, figures } of servers) {
    const { cpu: list, rate } = figures.get(size)
    const ratios = list.map((value, i) => value / base[i])
    console.log(
      `${String(size).padStart(6)}  ${name.padEnd(10)} ${median([...list]).toFixed(3)} us/request  ` +
        `${median([...rate]).toFixed(1)} k/s  ratio ${median(ratios).toFixed(3)}`,
    )
  }
}
process.exit()
