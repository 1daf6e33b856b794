/**
 * What sockets cost: processor time of the server a request, and the latency that a client sees. Clients are strict: each
 * sends, waits for all of its answer, and sends again. Baseline is node:net; C on libuv is the limit.
 */
import type { Case, Metric, Subject, Suite } from '../../harness/suite.ts'
import { again } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const net = node('node:net', 'net/node-net')
const limit = node('C on libuv', 'net/c')
const baseline = net.name

const protocol = aioloop('net', 'protocol')
const others = [...aioloop('net', 'buffered'), ...aioloop('net', 'streams')]
const pythons: readonly Subject[] = python('net').flatMap((subject) =>
  ['protocol', 'streams'].map((form) => ({ ...subject, name: `${subject.name}, ${form}`, form })),
)

const metrics: readonly Metric[] = [
  { key: 'cpu', label: 'cpu', unit: 'µs cpu/request' },
  { key: 'p50', label: 'p50', unit: 'µs' },
  { key: 'p99', label: 'p99', unit: 'µs' },
]

function served(name: string, operation: string, subjects: readonly Subject[]): Case {
  return { name, operation, metrics, subjects, baseline }
}

const all = [...protocol, ...others, net, again(net), limit, ...pythons]
const plain = [...protocol, net, again(net), limit, ...pythons.filter(({ form }) => form === 'protocol')]

const cases: readonly Case[] = [
  served('echo-1k', 'an echo of 1 KiB, 50 connections', all),
  served('echo-10k', 'an echo of 10 KiB, 50 connections', all),
  served('echo-64k', 'an echo of 64 KiB, 50 connections', all),
  served('echo-1k-1000', 'an echo of 1 KiB, 1,000 connections', plain),
  served('connect', 'a connection made, accepted and closed, one after the other', plain),
]

export const sockets: Suite = { name: 'net', baseline, cases }
