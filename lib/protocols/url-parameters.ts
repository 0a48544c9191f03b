// The parameters of a stream's URL, as ffmpeg, GStreamer, VLC, mediamtx and Shaka Packager write them.

import { show } from '../base/errors.ts'
import { wrongChannel } from './channel-error.ts'

/** What the parameters say. */
export interface UrlParameters {
  /** Sources to join. */
  sources: string[]
  /** Sources to block. */
  blocked: string[]
  /** Name, index or local address of the interface. */
  interface?: string
  /** The hop limit to send with. */
  ttl?: string
}

type Meaning = 'sources' | 'blocked' | 'signed sources' | 'interface' | 'ttl' | 'nothing'

/** The parameters that are read. */
const READ: Record<string, Meaning> = {
  // mediamtx, Shaka Packager
  source: 'sources',
  interface: 'interface',
  // ffmpeg
  sources: 'sources',
  block: 'blocked',
  localaddr: 'interface',
  ttl: 'ttl',
  // GStreamer
  'multicast-source': 'signed sources',
  'multicast-iface': 'interface',
  'ttl-mc': 'ttl',
  // VLC
  miface: 'interface',
}

/** The parameters that change neither what arrives nor what is sent: buffers, timeouts, what the payload is. */
const PASSED = new Set(
  [
    'buffer_size fifo_size overrun_nonfatal timeout rw_timeout stimeout reuse reuse_socket broadcast',
    'pkt_size bitrate burst_bits max_delay reorder_queue_size rtcpport rtcp_port localrtcpport local_rtcpport fec',
    'probesize analyzeduration listen_timeout',
    'buffer-size latency caps encoding-name media payload clock-rate auto-multicast mtu',
    'network-caching live-caching udp-caching udp-timeout rtp-timeout',
    'udpreadbuffersize readtimeout',
  ].flatMap((names) => names.split(' ')),
)

/** GStreamer's list of sources: `+` before one to join, `-` before one to block. In a query, `+` is a blank. */
function signedSources(value: string): Pick<UrlParameters, 'sources' | 'blocked'> {
  const found = [...value.matchAll(/([\s+-]?)([^\s+-]+)/g)].map(([, sign = '', source = '']) => ({ sign, source }))
  const of = (isBlocked: boolean): string[] =>
    found.flatMap(({ sign, source }) => ((sign === '-') === isBlocked ? source : []))
  return { sources: of(false), blocked: of(true) }
}

const listOf = (value: string): string[] => (value === '' ? [] : value.split(','))

/** Of several parameters of one meaning, the value that all give. */
function only(text: string, what: string, given: readonly [name: string, value: string][]): string | undefined {
  const [first, ...others] = given.filter(([, value]) => value !== '')
  const other = others.find(([, value]) => value !== first?.[1])
  if (first !== undefined && other !== undefined)
    throw wrongChannel(text, `${first[0]}=${first[1]} and ${other[0]}=${other[1]} name two ${what}: leave one out`)
  return first?.[1]
}

/**
 * Reads the parameters of a URL. One that is not known is refused, since it may change what is meant.
 *
 * @param text the whole, for the message of an error
 */
export function readParameters(text: string, query: URLSearchParams): UrlParameters {
  const given = [...query].map(([name, value]) => ({ name, value, means: meaningOf(text, name, value) }))
  const of = (meaning: Meaning) =>
    given.flatMap(({ name, value, means }): [string, string][] => (means === meaning ? [[name, value]] : []))
  const values = (meaning: Meaning): string[] => of(meaning).flatMap(([, value]) => listOf(value))
  const signed = of('signed sources').map(([, value]) => signedSources(value))
  const on = only(text, 'interfaces', of('interface'))
  if (on?.includes(','))
    throw wrongChannel(text, `${show(on)} names several interfaces: give one, or a target for each`)
  const ttl = only(text, 'hop limits', of('ttl'))
  return {
    sources: [...values('sources'), ...signed.flatMap(({ sources }) => sources)],
    blocked: [...values('blocked'), ...signed.flatMap(({ blocked }) => blocked)],
    ...(on !== undefined && { interface: on }),
    ...(ttl !== undefined && { ttl }),
  }
}

function meaningOf(text: string, name: string, value: string): Meaning {
  const lower = name.toLowerCase()
  const known = Object.hasOwn(READ, lower) ? READ[lower] : undefined
  if (known !== undefined) return known
  // ffmpeg's connect=0 is what happens anyway.
  if (PASSED.has(lower) || (lower === 'connect' && value === '0')) return 'nothing'
  throw wrongChannel(
    text,
    `the parameter ${show(name)} is not known, and may change what is meant: leave it out. Read are ${Object.keys(READ).join(', ')}; buffer sizes and timeouts pass`,
  )
}
