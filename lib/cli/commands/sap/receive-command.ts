import { canonical, hostPort } from '../../../net/address.ts'
import type { SdpStream } from '../../../services/sap.ts'

/** The command that takes a stream: the sources wanted, or those not wanted, are in it. */
export function receiveCommandFor(stream: SdpStream, on: string): string {
  const { group, port, protocol } = stream
  const sources = stream.sources.filter(isAddress)
  const channel = `${sources.length === 0 ? '' : `${sources.join(',')}@`}${hostPort(group, port)}`
  const words = [
    'sockctl receive',
    // Brackets are a pattern to a shell.
    channel.includes('[') ? `'${channel}'` : channel,
    ...stream.blocked.filter(isAddress).map((source) => `--block ${source}`),
    ...(/^RTP\//i.test(protocol) ? ['--rtp'] : []),
    ...(/^[\w.-]+$/.test(on) ? [`-i ${on}`] : []),
  ]
  // RFC 4570 lets sources be names; a listener that looked up what strangers announce would be steered by them.
  const names = [...stream.sources, ...stream.blocked].filter((source) => !isAddress(source))
  return words.join(' ') + (names.length === 0 ? '' : `  # and of ${names.join(', ')}, once looked up`)
}

const isAddress = (text: string): boolean => canonical(text) !== undefined
