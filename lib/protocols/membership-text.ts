// An IGMP or MLD message as a line of text.

import type { GroupRecord, MembershipMessage } from './membership-message.ts'

const braces = (sources: readonly string[]): string => `{${sources.join(', ')}}`

function recordText({ type, name, group, sources }: GroupRecord): string {
  const many = sources.length > 1
  const list = braces(sources)
  switch (type) {
    case 1:
    case 3:
      if (sources.length === 0) return `Leave group ${group}`
      return `Join group ${group} ${many ? 'for sources in' : 'for source'} ${list}`
    case 2:
    case 4:
      if (sources.length === 0) return `Join group ${group} for any sources`
      return `Join group ${group}, ${many ? 'for sources' : 'for source'} ${many ? 'not in' : 'not'} ${list}`
    case 5:
    case 6: {
      const verb = type === 5 ? 'new' : 'block'
      if (sources.length === 0) return `Group ${group}, ${name} without a source`
      return `Group ${group}, ${verb} ${many ? 'sources' : 'source'} ${list}`
    }
    default:
      return `Group ${group}, unknown record type ${type}`
  }
}

function bodyText(message: MembershipMessage): string {
  const mld = message.protocol === 'MLD'
  switch (message.type) {
    case 'query': {
      const name = mld ? 'Multicast Listener Query' : 'Membership Query'
      if (message.group === undefined) return `${name}, general`
      const sources = message.sources.length > 0 ? `, sources ${braces(message.sources)}` : ''
      return `${name}, specific for group ${message.group}${sources}`
    }
    case 'report':
      return `${mld ? 'Multicast Listener Report' : 'Membership Report'} group ${message.group}`
    case 'leave':
      return `${mld ? 'Multicast Listener Done' : 'Leave Group'} ${message.group}`
    case 'records': {
      const name = mld ? 'Multicast Listener Report' : 'Membership Report'
      return message.records.length === 0
        ? `${name} without a group record`
        : [name, ...message.records.map(recordText)].join(' / ')
    }
    case 'other':
      return message.name
  }
}

/**
 * One line, worded as tshark's info column: `IGMPv3 Membership Report / Join group 232.1.1.1 for source {10.0.0.9}`.
 */
export function membershipText(message: MembershipMessage): string {
  const version = message.type === 'other' ? '' : `v${message.version}`
  const warning = message.checksum === 'bad' ? ' [bad checksum]' : ''
  return `${message.protocol}${version} ${bodyText(message)}${warning}`
}
