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

/** A server: its last packet, and what its packets that are to be trusted tell together. */
interface Server {
  last: ToldTime
  packets: number
  untrusted: number
  /** Absent until a packet is to be trusted. */
  trusted?: { offset: bigint; least: bigint; most: bigint }
}

const timeCell =
  (which: 'offset' | 'least' | 'most'): Column<Server>['cell'] =>
  ({ trusted }, { dim }) =>
    trusted === undefined ? dim('-') : signedTime(trusted[which])

const columns: Column<Server>[] = [
  { head: 'SERVER', cell: ({ last: { server } }) => hostPort(server.address, server.port) },
  { head: 'IF', cell: ({ last: { interfaceIndex = 0 } }) => interfaceLabel(interfaceIndex) },
  { head: 'MODE', cell: ({ last: { packet } }) => packet.mode },
  { head: 'STRATUM', cell: ({ last: { packet } }) => packet.stratum },
  { head: 'PACKETS', cell: ({ packets }) => packets },
  { head: 'OFFSET', right: true, cell: timeCell('offset') },
  { head: 'LEAST', right: true, cell: timeCell('least') },
  { head: 'MOST', right: true, cell: timeCell('most') },
  {
    head: 'TRUST',
    cell: ({ packets, untrusted }, { good, bad }) =>
      untrusted === 0 ? good('yes') : bad(untrusted === packets ? 'no' : `not ${untrusted} of ${packets}`),
  },
]

/** The server with another packet of it. */
function withPacket(server: Server | undefined, last: ToldTime): Server {
  const { packets, untrusted, trusted } = server ?? { packets: 0, untrusted: 0 }
  const isTrusted = last.problems.length === 0
  const counted = { last, packets: packets + 1, untrusted: untrusted + (isTrusted ? 0 : 1) }
  if (!isTrusted) return { ...counted, ...(trusted !== undefined && { trusted }) }
  const { offset } = last
  const { least, most } = trusted ?? { least: offset, most: offset }
  return {
    ...counted,
    trusted: { offset, least: offset < least ? offset : least, most: offset > most ? offset : most },
  }
}

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
      servers.set(key, withPacket(known, notice))
    },
    end() {
      const list = [...servers.values()]
      if (!out.json && list.length === 0) out.line('0 servers')
      else if (!out.json) out.list(list, columns)
      else
        out.object({
          event: 'summary',
          servers: list.map(({ last, packets, untrusted, trusted }) => ({
            ...objectOf(last),
            packets,
            untrusted,
            offset: trusted && inSeconds(trusted.offset),
            least: trusted && inSeconds(trusted.least),
            most: trusted && inSeconds(trusted.most),
          })),
        })
    },
  }
}
