// The command that receives a stream of an announced session.

import { canonical, hostPort } from '../../../net/address.ts'
import type { SdpSession, SdpStream } from '../../../services/sap.ts'

const isAddress = (text: string): boolean => canonical(text) !== undefined

/** Quoted, since a shell would take brackets for a pattern. */
const quotedIf = (text: string): string => (text.includes('[') ? `'${text}'` : text)

/**
 * A line for a shell: `sockctl receive` with the stream's group, port, clock, and sources to join or to block. A comment if
 * the line would take other sources than the description means.
 */
export function receiveCommandFor(stream: SdpStream, { unreadFilters }: SdpSession, on: string): string {
  const { group, port, protocol, clockRate, blocked } = stream
  const sources = stream.sources.filter(isAddress)
  const isRtp = /(?:^|\/)RTP\//i.test(protocol)
  const words = [
    'sockctl receive',
    quotedIf(`${sources.length === 0 ? '' : `${sources.join(',')}@`}${hostPort(group, port)}`),
    ...blocked.filter(isAddress).map((source) => `--block ${source}`),
    ...(isRtp ? ['--rtp'] : []),
    ...(isRtp && clockRate !== undefined ? [`--clock ${clockRate}`] : []),
    ...(/^[\w.-]+$/.test(on) ? [`-i ${on}`] : []),
  ]
  const line = words.join(' ')
  // RFC 4570 allows names of hosts as sources. They are not looked up: strangers choose what they announce.
  const names = [...stream.sources, ...blocked].filter((source) => !isAddress(source))
  const rest = names.length === 0 ? '' : `  # also of ${names.join(', ')}: look up the address`
  if (sources.length > 0) return line + rest
  const [name] = stream.sources
  if (name !== undefined)
    return `# its source is ${stream.sources.join(', ')}: look up the address, then: sockctl receive ${quotedIf(`SOURCE@${hostPort(group, port)}`)}`
  if (unreadFilters !== undefined) return `# a source filter of it is not understood; of any source: ${line}`
  return line + rest
}
