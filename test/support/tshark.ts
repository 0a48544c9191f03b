import { decodeFloat8 } from '../../lib/protocols/membership-fields.ts'

/** The fields tshark(1) prints, by their names here. */
const FIELDS = {
  source4: 'ip.src',
  source6: 'ipv6.src',
  destination4: 'ip.dst',
  destination6: 'ipv6.dst',
  ttl: 'ip.ttl',
  hopLimit: 'ipv6.hlim',
  routerAlert4: 'ip.opt.ra',
  routerAlert6: 'ipv6.opt.router_alert',
  info: '_ws.col.Info',
  igmp: 'igmp.type',
  igmpVersion: 'igmp.version',
  igmpChecksum: 'igmp.checksum.status',
  igmpResponse: 'igmp.max_resp',
  igmpGroups: 'igmp.maddr',
  igmpSuppress: 'igmp.s',
  igmpRobustness: 'igmp.qrv',
  igmpInterval: 'igmp.qqic',
  igmpCounts: 'igmp.num_src',
  igmpSources: 'igmp.saddr',
  igmpRecords: 'igmp.record_type',
  igmpAuxiliary: 'igmp.aux_data_len',
  mld: 'icmpv6.type',
  mldChecksum: 'icmpv6.checksum.status',
  mldDelay: 'icmpv6.mld.maximum_response_delay',
  mldCode: 'icmpv6.mld.maximum_response_code',
  mldGroup: 'icmpv6.mld.multicast_address',
  mldSuppress: 'icmpv6.mld.flag.s',
  mldRobustness: 'icmpv6.mld.flag.qrv',
  mldInterval: 'icmpv6.mld.qqi',
  mldSources: 'icmpv6.mld.source_address',
  mldRecords: 'icmpv6.mldr.mar.record_type',
  mldAuxiliary: 'icmpv6.mldr.mar.aux_data_len',
  mldCounts: 'icmpv6.mldr.mar.nb_sources',
  mldGroups: 'icmpv6.mldr.mar.multicast_address',
  mldRecordSources: 'icmpv6.mldr.mar.source_address',
} as const

type Field = keyof typeof FIELDS

/** Runs tshark on an interface: a line for each message of IGMP or MLD, after a line "Capture started". */
export const tshark = (name: string): string[] => [
  'sh',
  '-c',
  'exec tshark "$@" 2>&1',
  'tshark',
  ...['-i', name, '-l', '-n', '-Y', 'igmp || icmpv6.type in {130, 131, 132, 143}'],
  ...['-T', 'fields', '-E', 'separator=|', '-E', 'aggregator=,'],
  ...Object.values(FIELDS).flatMap((field) => ['-e', field]),
]

/** The fields of a message that both tshark and `sockctl igmp --json` tell; fields the version lacks are left out. */
export interface Told {
  source: string
  destination: string
  hopLimit: number
  routerAlert: boolean
  protocol: 'IGMP' | 'MLD'
  version: number
  type: 'query' | 'report' | 'leave' | 'records'
  checksum: 'good' | 'bad'
  group?: string
  maxResponseTime?: number
  suppress?: boolean
  robustness?: number
  queryInterval?: number
  sources?: string[]
  records?: { type: number; group: string; sources: string[]; auxiliaryLength: number }[]
}

const TYPES: Record<string, Told['type']> = {
  17: 'query',
  18: 'report',
  22: 'report',
  23: 'leave',
  34: 'records',
  130: 'query',
  131: 'report',
  132: 'leave',
  143: 'records',
}

const listOf = (text: string): string[] => (text === '' ? [] : text.split(','))

function recordsOf(types: string, groups: string, counts: string, sources: string, auxiliary: string) {
  const left = listOf(sources)
  const [names, lengths, words] = [listOf(groups), listOf(counts), listOf(auxiliary)]
  return listOf(types).map((type, at) => ({
    type: Number(type),
    group: names[at] ?? '',
    sources: left.splice(0, Number(lengths[at])),
    auxiliaryLength: Number(words[at]) * 4,
  }))
}

export interface Reading {
  told: Told
  /** Its info column. */
  info: string
}

/** Parses a line of tshark's. */
export function readTshark(line: string): Reading {
  const cells = line.split('|')
  const of = Object.fromEntries(Object.keys(FIELDS).map((field, at) => [field, cells[at] ?? ''])) as Record<
    Field,
    string
  >
  const mld = of.mld !== ''
  const type = TYPES[Number(mld ? of.mld : of.igmp)] ?? 'query'
  const robustness = mld ? of.mldRobustness : of.igmpRobustness
  const version = mld ? (type === 'records' || robustness !== '' ? 2 : 1) : Number(of.igmpVersion)
  const told: Told = {
    source: mld ? of.source6 : of.source4,
    destination: mld ? of.destination6 : of.destination4,
    hopLimit: Number(mld ? of.hopLimit : of.ttl),
    routerAlert: (mld ? of.routerAlert6 : of.routerAlert4) !== '',
    protocol: mld ? 'MLD' : 'IGMP',
    version,
    type,
    checksum: (mld ? of.mldChecksum : of.igmpChecksum) === '1' ? 'good' : 'bad',
  }
  if (type === 'records')
    told.records = mld
      ? recordsOf(of.mldRecords, of.mldGroups, of.mldCounts, of.mldRecordSources, of.mldAuxiliary)
      : recordsOf(of.igmpRecords, of.igmpGroups, of.igmpCounts, of.igmpSources, of.igmpAuxiliary)
  else {
    const group = mld ? of.mldGroup : of.igmpGroups
    if (group !== '::' && group !== '0.0.0.0') told.group = group
  }
  if (type === 'query') {
    told.sources = listOf(mld ? of.mldSources : of.igmpSources)
    if (!mld && version > 1) told.maxResponseTime = Number(of.igmpResponse) * 100
    if (mld) told.maxResponseTime = Number(version === 1 ? of.mldDelay : of.mldCode)
    if (robustness !== '') {
      told.suppress = (mld ? of.mldSuppress : of.igmpSuppress) === '1'
      told.robustness = Number(robustness)
      // RFC 3376 4.1.7 has such a code in IGMP too, which tshark 4.0 shows undecoded.
      told.queryInterval = mld ? Number(of.mldInterval) : decodeFloat8(Number(of.igmpInterval))
    }
  }
  return { told, info: of.info }
}
