import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause, setImmediate } from 'node:timers/promises'
import { SO_RCVBUF } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { lanes } from './support/lanes.ts'
import { describeUnless, namespaceMissing } from './support/namespace.ts'
import { kernelGroups } from './support/net-stat.ts'
import type { Peer } from './support/processes.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

const help = spawnSync('iperf', ['-h'], { encoding: 'utf8' })
const missing =
  namespaceMissing ??
  (`${help.stdout}${help.stderr}`.includes('--ssm-host')
    ? undefined
    : 'iperf 2.1 is not installed (Debian package iperf)')

/** The command line of iperf, with each line of its output printed at once. */
const command = (...args: string[]) => ['stdbuf', '-oL', 'iperf', ...args]

/** Waits until iperf's output matches, and gives the numbers in it. */
async function said(iperf: Peer, what: RegExp): Promise<number[]> {
  for (const patience = AbortSignal.timeout(5_000); !patience.aborted; ) {
    const found = what.exec(iperf.stderr())
    if (found !== null) return found.slice(1).map(Number)
    await pause(5)
  }
  throw new Error(`iperf did not say ${what}, but: ${iperf.stderr()}`)
}

/** Waits until the sockets of a host on a port have read everything that arrived. */
async function drained(pid: number, family: 4 | 6, port: number): Promise<void> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const waits = () =>
    readFileSync(`/proc/${pid}/net/${family === 4 ? 'udp' : 'udp6'}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .some(([, address, , , queues]) => address?.endsWith(local) && queues?.endsWith(':00000000') === false)
  while (waits()) await setImmediate()
}

/** How many UDP datagrams a host has sent, as its kernel counts them. */
function sentBy(pid: number, family: 4 | 6): number {
  if (family === 6)
    return Number(/^Udp6OutDatagrams\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/net/snmp6`, 'utf8'))?.[1])
  const [names = '', values = ''] = readFileSync(`/proc/${pid}/net/snmp`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
  return Number(values.split(' ')[names.split(' ').indexOf('OutDatagrams')])
}

const SIZE = 1000
// So few that a receive buffer holds them all, if its reader gets no processor time for a while.
const COUNT = 120

describeUnless(missing, 'iperf', () => {
  describeOnHosts('on the neighbour', (hosts) => {
    describe.each(lanes)('over $name', (lane) => {
      const { family, at, channel: group, interface: on, local, sources } = lane
      const ipv6 = family === 6 ? ['-V'] : []

      it('sends to a channel, and every datagram arrives', async () => {
        const receiver = await opened({
          channels: [{ group, source: sources[1], interface: on }],
          options: [[SO_RCVBUF, 2 ** 20]],
        })
        const before = sentBy(hosts().pid('B'), family)
        const { port } = receiver.address
        const rate = ['-b', '50M', '-n', `${COUNT * SIZE}`, '-l', `${SIZE}`]
        const client = [...ipv6, '-u', '-c', group, '-p', `${port}`, '-B', sources[1], '-T', '4', ...rate]
        // iperf chooses an interface by route only.
        const all = family === 4 ? ['224.0.0.0/4'] : ['multicast', 'ff00::/8', 'table', 'local', 'metric', '1']
        await hosts().ip('B', `-${family}`, 'route', 'replace', ...all, 'dev', `b${at}`)
        await using iperf = hosts().spawnProgram('B', command(...client))
        const numbers: number[] = []
        const reading = readingOf(receiver)
        while ((numbers.at(-1) ?? 0) >= 0) {
          const [datagram] = await reading.take(1)
          expect(datagram?.source.address).toBe(sources[1])
          numbers.push(datagram?.data.readInt32BE(0) ?? 0)
        }
        const [sent] = await said(iperf, /Sent (\d+) datagrams/)
        // The last datagram has the count, negated. iperf 2.1 reports one datagram more than it has sent.
        const count = numbers.length
        expect(numbers).toEqual([...Array.from({ length: count - 1 }, (_, n) => n + 1), -count])
        expect(sentBy(hosts().pid('B'), family) - before).toBe(count)
        expect([count, count + 1]).toContain(sent)
        expect(count).toBeGreaterThanOrEqual(COUNT)
        expect(receiver.stats()).toMatchObject({ datagrams: count, dropped: 0, filtered: 0 })
      })

      it('receives a channel, and says that nothing is lost', async () => {
        const port = 5100 + family
        const server = [...ipv6, '-u', '-s', '-p', `${port}`, '-B', `${group}%b${at}`, '-H', local[1]]
        await using iperf = hosts().spawnProgram('B', command(...server))
        const isMember = () => kernelGroups(hosts().pid('B')).some((one) => one.group === group)
        while (!isMember()) await setImmediate()
        const sender = await sending({
          bind: { address: local[1] },
          to: { address: group, port },
          interface: on,
          hops: 4,
        })
        const numbered = (number: number) => {
          const datagram = Buffer.alloc(SIZE)
          const now = Date.now()
          datagram.writeInt32BE(number)
          datagram.writeUInt32BE(Math.floor(now / 1000), 4)
          datagram.writeUInt32BE((now % 1000) * 1000, 8)
          return datagram
        }
        // The first datagram goes alone: only after it is iperf ready for the others.
        await sender.send(numbered(0))
        await said(iperf, /connected with/)
        // At most as many at once as iperf's buffer holds.
        for (let first = 1; first < COUNT; first += 50) {
          const last = Math.min(first + 50, COUNT)
          await sender.send(Array.from({ length: last - first }, (_, n) => numbered(first + n)))
          await drained(hosts().pid('B'), family, port)
        }
        await sender.send(numbered(-COUNT))
        const [lost, total] = await said(iperf, /(\d+)\/\s*(\d+) +\(/)
        expect({ lost, total }).toEqual({ lost: 0, total: COUNT })
        expect(sender.stats()).toMatchObject({ datagrams: COUNT + 1, bytes: (COUNT + 1) * SIZE })
        expect(sender.stats().segmented).toBeGreaterThan(0)
      })
    })
  })
})
