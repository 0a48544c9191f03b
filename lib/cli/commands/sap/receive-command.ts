// The command that receives a stream of an announced session.

import { canonical, hostPort } from '../../../net/address.ts'
import type { SdpStream } from '../../../services/sap.ts'

/** A line for a shell: `sockctl receive` with the stream's group, port, and sources to join or to block. */
export function receiveCommandFor(stream: SdpStream, on: string): string {
  const { group, port, protocol } = stream
  const sources = stream.sources.filter(isAddress)
  const channel = `${sources.length === 0 ? '' : `${sources.join(',')}@`}${hostPort(group, port)}`
  const words = [
    'sockctl receive',
    // Quoted, since a shell would take brackets for a pattern.
    channel.includes('[') ? `'${channel}'` : channel,
    ...stream.blocked.filter(isAddress).map((source) => `--block ${source}`),
    ...(/^RTP\//i.test(protocol) ? ['--rtp'] : []),
    ...(/^[\w.-]+$/.test(on) ? [`-i ${on}`] : []),
  ]
  // RFC 4570 allows names of hosts as sources. They are not looked up: strangers choose what they announce.
  const names = [...stream.sources, ...stream.blocked].filter((source) => !isAddress(source))
  return words.join(' ') + (names.length === 0 ? '' : `  # also of ${names.join(', ')}: look up the address`)
}

const isAddress = (text: string): boolean => canonical(text) !== undefined
