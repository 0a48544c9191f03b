// How `sockctl sntp` shows times: in lines and a table, or as objects.

import { hostPort } from '../../../net/address.ts'
import { type NtpAnswer, type NtpNotice, type NtpTime, referenceText } from '../../../services/sntp.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import { printable } from '../../shell/printable.ts'
import type { Column } from '../../shell/table.ts'
import { signedTime } from '../../shell/units.ts'

type ToldTime = NtpTime & Partial<Pick<NtpAnswer, 'delay'>> & { interfaceIndex?: number; group?: string }

const timeText = (nanoseconds: bigint): string => {
  const milliseconds = Number(nanoseconds / 1_000_000n)
  // A server may tell any time; Date holds only 270,000 years before and after 1970.
  return Number.isFinite(new Date(milliseconds).getTime()) ? new Date(milliseconds).toISOString() : `${milliseconds} ms`
}
const inSeconds = (nanoseconds: bigint): number => Number(nanoseconds) / 1e9

/** The time a server told, as an object; offset and delay in seconds. */
export function objectOf({
  server,
  packet,
  time,
  arrival,
  offset,
  delay,
  problems,
  interfaceIndex,
  group,
}: ToldTime): object {
  const { stratum, mode, leap, version, poll, precision, rootDelay, rootDispersion } = packet
  return {
    server,
    ...(interfaceIndex !== undefined && { interface: interfaceLabel(interfaceIndex), group }),
    stratum,
    mode,
    leap,
    version,
    offset: inSeconds(offset),
    ...(delay !== undefined && { delay: inSeconds(delay) }),
    time: timeText(time),
    arrival: timeText(arrival),
    poll,
    precision,
    rootDelay,
    rootDispersion,
    reference: referenceText(packet),
    problems,
  }
}

/** The time a server told, as a line. */
export function lineOf(time: ToldTime): string {
  const { server, packet, offset, delay, problems, interfaceIndex } = time
  const { stratum, mode, leap } = packet
  const words = [
    `${hostPort(server.address, server.port)}${interfaceIndex === undefined ? '' : ` on ${interfaceLabel(interfaceIndex)}`}: ${mode}`,
    `stratum ${stratum} (${printable(referenceText(packet)) || 'no reference'})`,
    `offset ${signedTime(offset)}`,
    ...(delay === undefined ? [] : [`delay ${signedTime(delay).slice(1)}`]),
    ...(leap === 'none' ? [] : [`leap ${leap}`]),
  ]
  return words.join(', ') + (problems.length === 0 ? '' : `; not to be trusted: ${problems.map(printable).join('; ')}`)
}

interface Server extends ToldTime {
  packets: number
  least: bigint
  most: bigint
}

const columns: Column<Server>[] = [
  { head: 'SERVER', cell: ({ server }) => hostPort(server.address, server.port) },
  { head: 'IF', cell: ({ interfaceIndex = 0 }) => interfaceLabel(interfaceIndex) },
  { head: 'MODE', cell: ({ packet }) => packet.mode },
  { head: 'STRATUM', cell: ({ packet }) => packet.stratum },
  { head: 'PACKETS', cell: ({ packets }) => packets },
  { head: 'OFFSET', right: true, cell: ({ offset }) => signedTime(offset) },
  { head: 'LEAST', right: true, cell: ({ least }) => signedTime(least) },
  { head: 'MOST', right: true, cell: ({ most }) => signedTime(most) },
  { head: 'TRUST', cell: ({ problems }, { good, bad }) => (problems.length === 0 ? good('yes') : bad('no')) },
]

/** How many servers are remembered: anybody can send from many addresses. */
const MAX_SERVERS = 1024

export interface NtpReport {
  notice(notice: NtpNotice): void
  end(): void
}

export function createNtpReport(out: Output): NtpReport {
  const servers = new Map<string, Server>()
  return {
    notice(notice) {
      if (notice.type === 'malformed') {
        const { server, interfaceIndex, group, reason } = notice
        const on = interfaceLabel(interfaceIndex)
        if (out.json) out.object({ event: 'malformed', server, interface: on, group, reason })
        else out.line(`${hostPort(server.address, server.port)} on ${on}: malformed: ${printable(reason)}`)
        return
      }
      if (out.json) out.object({ event: 'time', ...objectOf(notice) })
      else out.line(lineOf(notice))
      const key = `${notice.server.address} ${notice.server.port} ${notice.interfaceIndex}`
      const known = servers.get(key)
      if (known === undefined && servers.size >= MAX_SERVERS) return
      const { offset } = notice
      const server = known ?? { ...notice, packets: 0, least: offset, most: offset }
      const packets = server.packets + 1
      servers.set(key, { ...server, ...notice, packets })
      if (offset < server.least) servers.set(key, { ...server, ...notice, packets, least: offset })
      if (offset > server.most) servers.set(key, { ...server, ...notice, packets, most: offset })
    },
    end() {
      const list = [...servers.values()]
      if (!out.json && list.length === 0) out.line('0 servers')
      else if (!out.json) out.list(list, columns)
      else
        out.object({
          event: 'summary',
          servers: list.map(({ packets, least, most, ...time }) => ({
            ...objectOf(time),
            packets,
            least: inSeconds(least),
            most: inSeconds(most),
          })),
        })
    },
  }
}
