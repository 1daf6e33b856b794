/**
 * What sockets cost: processor time of the server a request, and the latency that a client sees. Clients are strict where
 * nothing else is said: each sends, waits for all of its answer, and sends again. Baseline is Node's own module for the
 * same; C on libuv is the limit.
 */
import type { Case, Metric, Subject, Suite } from '../../harness/suite.ts'
import { again } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const net = node('node:net', 'net/node-net')
const dgram = node('node:dgram', 'net/node-dgram')
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
const byAll = [...aioloop('net', 'buffered'), ...byBoth]
const byDatagram = [...aioloop('net'), dgram, again(dgram), limit, ...python('net')]

const perRequest: readonly Metric[] = [
  { key: 'cpu', label: 'cpu', unit: 'µs cpu/request' },
  { key: 'p50', label: 'p50', unit: 'µs' },
  { key: 'p99', label: 'p99', unit: 'µs' },
]
const perMebibyte: readonly Metric[] = [
  { key: 'cpu', label: 'cpu', unit: 'µs cpu/MiB' },
  { key: 'rate', label: 'rate', unit: 'MiB/s', moreIsBetter: true },
]

function answered(name: string, operation: string, subjects: readonly Subject[], baseline = net): Case {
  return { name, operation, metrics: perRequest, subjects, baseline: baseline.name }
}

function carried(name: string, operation: string): Case {
  return { name, operation, metrics: perMebibyte, subjects: byBoth, baseline: net.name }
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
  carried('bulk-receive', 'a MiB that the server takes from one connection'),
  carried('bulk-send', 'a MiB that the server sends to one connection, as one block; two are asked for at a time'),
  answered('unix-1k', 'an echo of 1 KiB, 50 connections, Unix sockets', byBoth),
  answered('unix-64k', 'an echo of 64 KiB, 50 connections, Unix sockets', byProtocol),
  answered('udp-1k', 'an echo of a datagram of 1 KiB, 50 clients', byDatagram, dgram),
]

export const sockets: Suite = { name: 'net', baseline: net.name, cases }
