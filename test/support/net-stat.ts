import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

/** A group an interface has joined, as the kernel lists it. */
export interface KernelGroup {
  readonly family: 4 | 6
  readonly interface: string
  readonly index: number
  readonly group: string
  /** How many sockets have joined; the kernel itself counts too. */
  readonly users: number
}

/** A source that sockets have named for a group, as the kernel lists it. */
export interface KernelSource {
  readonly family: 4 | 6
  readonly index: number
  readonly group: string
  readonly source: string
  /** How many sockets include and exclude it. */
  readonly include: number
  readonly exclude: number
}

/** /proc/net/igmp and igmp6 of a host: `kernelGroups(hosts.pid('B'))`. */
export function kernelGroups(pid: number | 'self' = 'self'): KernelGroup[] {
  return [...groups4(table(pid, 'igmp')), ...table(pid, 'igmp6').map(group6)]
}

/** /proc/net/mcfilter and mcfilter6 of a host. */
export function kernelSources(pid: number | 'self' = 'self'): KernelSource[] {
  const source = (family: 4 | 6, address: (hex: string) => string) => (columns: string[]) => {
    const [index, , group = '', from = '', include, exclude] = columns
    return {
      family,
      index: Number(index),
      group: address(group),
      source: address(from),
      include: Number(include),
      exclude: Number(exclude),
    }
  }
  return [
    ...table(pid, 'mcfilter')
      .slice(1)
      .map(source(4, (hex) => ipv4(hex.slice(2)))),
    ...table(pid, 'mcfilter6').slice(1).map(source(6, ipv6)),
  ]
}

function* groups4(rows: string[][]): Generator<KernelGroup> {
  let at = { index: 0, interface: '' }
  for (const [first = '', second = ''] of rows.slice(1)) {
    if (/^\d+$/.test(first) && !/^\d+$/.test(second)) {
      at = { index: Number(first), interface: second }
    } else {
      // Printed as a number of the processor's byte order, not in network order.
      const octets = Buffer.from(first, 'hex')
      if (endianness() === 'LE') octets.reverse()
      yield { family: 4, ...at, group: octets.join('.'), users: Number(second) }
    }
  }
}

function group6(columns: string[]): KernelGroup {
  const [index, name = '', group = '', users] = columns
  return { family: 6, index: Number(index), interface: name, group: ipv6(group), users: Number(users) }
}

function table(pid: number | 'self', name: string): string[][] {
  const text = readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
  return text.split('\n').flatMap((line) => (line.trim() ? [line.trim().split(/\s+/)] : []))
}

/** `0a4d000b` as 10.77.0.11. */
export function ipv4(hex: string): string {
  return Buffer.from(hex, 'hex').join('.')
}

/** 32 hexadecimal digits as the RFC 5952 text. */
export function ipv6(hex: string): string {
  const text = hex.match(/.{4}/g)?.join(':') ?? ''
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}
