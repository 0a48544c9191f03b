// The messages of IGMP and MLD, in one form for both.

/** `unverified` for an MLD message that came without the IPv6 addresses its checksum covers. */
export type ChecksumStatus = 'good' | 'bad' | 'unverified'

interface MembershipHeader {
  protocol: 'IGMP' | 'MLD'
  /** IGMP 1 to 3, MLD 1 and 2. */
  version: 1 | 2 | 3
  checksum: ChecksumStatus
}

/** A querier asks which groups hosts listen to. */
export interface MembershipQuery extends MembershipHeader {
  type: 'query'
  /** The group asked about; absent in a general query. */
  group?: string
  /** The sources asked about, in IGMPv3 and MLDv2. */
  sources: string[]
  /** Milliseconds within which hosts are to answer. IGMPv1 has no such field; RFC 2236 4 says 10,000. */
  maxResponseTime: number
  /** The S flag: routers that hear the query do not shorten their timers. IGMPv3 and MLDv2. */
  suppress?: boolean
  /** The querier's robustness variable; 0 if that is above 7. IGMPv3 and MLDv2. */
  robustness?: number
  /** The querier's query interval in seconds. IGMPv3 and MLDv2. */
  queryInterval?: number
}

/** A host listens to a group: IGMPv1, IGMPv2, MLDv1. */
export interface MembershipReport extends MembershipHeader {
  type: 'report'
  group: string
}

/** A host stops listening: IGMPv2 leave group, MLDv1 done. */
export interface MembershipLeave extends MembershipHeader {
  type: 'leave'
  group: string
}

/** A report of IGMPv3 or MLDv2: the groups and sources a host listens to, or what changed of them. */
export interface MembershipRecords extends MembershipHeader {
  type: 'records'
  records: GroupRecord[]
}

export interface GroupRecord {
  /** 1 to 6 as RFC 3376 4.2.12 and RFC 3810 5.2.12 number them; receivers ignore any other. */
  type: number
  /** The type by name, as tshark has it. */
  name: string
  group: string
  sources: string[]
  /** Auxiliary data in bytes, which the RFCs define none of. */
  auxiliaryLength: number
}

/** A message that has IGMP's protocol number but is not about membership. */
export interface OtherMessage {
  protocol: 'IGMP'
  type: 'other'
  code: number
  name: string
  checksum: ChecksumStatus
}

export type MembershipMessage = MembershipQuery | MembershipReport | MembershipLeave | MembershipRecords | OtherMessage
