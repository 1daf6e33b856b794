/**
 * What sockets cost: processor time of the server a request, and the latency that a client sees. Clients are strict where
 * nothing else is said: each sends, waits for all of its answer, and sends again. Baseline is Node's own module for the
 * same; C on libuv is the limit.
 */
import type { Case, Metric, Subject, Suite } from '../../harness/suite.ts'
import { again } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

/** Until then the young generation of a server's heap has no size of its own, and collections come at any time. */
const WARM_UP_MS = 1500

const net = node('node:net', 'net/node-net')
const dgram = node('node:dgram', 'net/node-dgram')
const tls = node('node:tls', 'net/node-net')
const childProcess = node('node:child_process', 'net/child-process')
const limit = node('C on libuv', 'net/c')

function pythons(form: string): Subject[] {
  return python('net').map((subject) => ({ ...subject, name: `${subject.name}, ${form}`, form }))
}

const peers = [net, again(net), limit]
const byProtocol = [...aioloop('net', 'protocol'), ...peers, ...pythons('protocol')]
const byBoth = [
  ...aioloop('net', 'protocol'),
  ...aioloop('net', 'streams'),
  ...peers,
  ...pythons('protocol'),
  ...pythons('streams'),
]
/** What arrives goes into memory of the program's own. */
const into = aioloop('net', 'readInto')
const byAll = [...aioloop('net', 'buffered'), ...into, ...byBoth]
const byDatagram = [...aioloop('net'), dgram, again(dgram), limit, ...python('net')]

const byTls = [
  ...aioloop('net', 'protocol'),
  ...aioloop('net', 'streams'),
  tls,
  again(tls),
  limit,
  ...pythons('protocol'),
  ...pythons('streams'),
]
const parents = [...aioloop('net'), childProcess, again(childProcess), limit, ...python('net')]
const redisServers = [...aioloop('net'), net, again(net)]

const idlers = byBoth.filter(({ name }) => name !== 'aioloop portable, streams')

const perRequest: readonly Metric[] = [
  { key: 'cpu', label: 'cpu', unit: 'µs cpu/request' },
  { key: 'p50', label: 'p50', unit: 'µs', detail: true },
  { key: 'p99', label: 'p99', unit: 'µs', detail: true },
]
const perMebibyte: readonly Metric[] = [
  { key: 'cpu', label: 'cpu', unit: 'µs cpu/MiB' },
  { key: 'rate', label: 'rate', unit: 'MiB/s', moreIsBetter: true, detail: true },
]
const perCommand: readonly Metric[] = [
  { key: 'cpu', label: 'cpu', unit: 'µs cpu/request' },
  { key: 'rate', label: 'rate', unit: 'requests/s', moreIsBetter: true, detail: true },
  { key: 'p50', label: 'p50', unit: 'µs', detail: true },
  { key: 'p99', label: 'p99', unit: 'µs', detail: true },
]
const perProcess: readonly Metric[] = [
  { key: 'cpu', label: 'cpu', unit: 'µs cpu/process' },
  { key: 'rate', label: 'rate', unit: 'processes/s', moreIsBetter: true, detail: true },
]
const perConnection: readonly Metric[] = [
  { key: 'used', label: 'in use', unit: 'bytes' },
  { key: 'rss', label: 'resident', unit: 'bytes', detail: true },
  { key: 'heap', label: 'heap + external', unit: 'bytes', detail: true },
]

function answered(name: string, operation: string, subjects: readonly Subject[], baseline = net): Case {
  return { name, operation, metrics: perRequest, subjects, baseline: baseline.name, warmUpMs: WARM_UP_MS }
}

function carried(name: string, operation: string, subjects: readonly Subject[]): Case {
  return { name, operation, metrics: perMebibyte, subjects, baseline: net.name, warmUpMs: WARM_UP_MS }
}

/** Under redis-benchmark, so many requests on the way on each of 50 connections. */
function commanded(name: string, command: string, depth: number): Case {
  const operation = `a ${command} of 3 bytes by redis-benchmark -P ${depth}, 50 connections`
  return { name, operation, metrics: perCommand, subjects: redisServers, baseline: net.name }
}

const cases: readonly Case[] = [
  answered('echo-1k', 'an echo of 1 KiB, 50 connections', byAll),
  answered('echo-10k', 'an echo of 10 KiB, 50 connections', byAll),
  answered('echo-64k', 'an echo of 64 KiB, 50 connections', byAll),
  answered('echo-1k-10', 'an echo of 1 KiB, 10 connections', byProtocol),
  answered('echo-1k-100', 'an echo of 1 KiB, 100 connections', byProtocol),
  answered('echo-1k-1000', 'an echo of 1 KiB, 1,000 connections', byProtocol),
  answered('pipelined-1k', 'an echo of 1 KiB, 50 connections with 16 requests each on their way', byBoth),
  answered('connect', 'a connection made, accepted and closed, one after the other', byProtocol),
  carried('bulk-receive', 'a MiB that the server takes from one connection', [...into, ...byBoth]),
  carried(
    'bulk-send',
    'a MiB that the server sends to one connection, as one block; two are asked for at a time',
    byBoth,
  ),
  answered('unix-1k', 'an echo of 1 KiB, 50 connections, Unix sockets', byBoth),
  answered('unix-64k', 'an echo of 64 KiB, 50 connections, Unix sockets', byProtocol),
  answered('udp-1k', 'an echo of a datagram of 1 KiB, 50 clients', byDatagram, dgram),
  answered('tls-1k', 'an echo of 1 KiB, 50 connections, TLS 1.3 with AES-128-GCM', byTls, tls),
  answered('tls-64k', 'an echo of 64 KiB, 50 connections, TLS 1.3 with AES-128-GCM', byTls, tls),
  commanded('resp-get', 'GET', 1),
  commanded('resp-set', 'SET', 1),
  commanded('resp-get-p16', 'GET', 16),
  commanded('resp-set-p16', 'SET', 16),
  {
    name: 'spawn',
    operation: 'a process of /bin/true, started and waited for, one after the other',
    metrics: perProcess,
    subjects: parents,
    baseline: childProcess.name,
  },
  {
    name: 'idle',
    operation: 'memory of the server for one of 10,000 open connections that have echoed 1 KiB and are silent now',
    metrics: perConnection,
    subjects: idlers,
    baseline: net.name,
    freshProcess: true,
    rounds: { full: 3, quick: 1 },
  },
]

export const sockets: Suite = { name: 'net', baseline: net.name, cases }
