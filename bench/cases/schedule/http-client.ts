/**
 * The client of the http-latency case, a process of its own: reads a number of requests from stdin, makes them one after
 * the other over one connection, answers with the list of latencies in milliseconds. Ends when stdin does.
 */
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'

const LONGEST_PAUSE_MS = 2

export async function runHttpClient(port: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for await (const line of createInterface({ input: process.stdin })) {
    const latencies: number[] = []
    for (let left = Number(line); left > 0; left--) {
      await pause(Math.random() * LONGEST_PAUSE_MS)
      latencies.push(await request(port, agent))
    }
    process.stdout.write(`${JSON.stringify(latencies)}\n`)
  }
  agent.destroy()
}

function request(port: number, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const message = get({ port, host: '127.0.0.1', agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(performance.now() - started))
    })
    message.on('error', reject)
  })
}
