import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { parseSdp, type SdpSession } from '../../lib/protocols/sdp.ts'
import { fc } from '../support/property.ts'

const head = 'v=0\no=alice 2890844526 2890842807 IN IP4 192.0.2.1\ns=Seminar\ni=About it\nt=0 0\n'
function session(text: string): SdpSession {
  const result = parseSdp(text)
  if (isMalformed(result)) throw new Error(result.malformed)
  return result
}
const streams = (body: string) => session(head + body).streams
const video = { media: 'video', protocol: 'RTP/AVP', sources: [], blocked: [] }

describe('a session description', () => {
  it('says who, what, and until when', () => {
    const text = `${head.replace('t=0 0', 't=2873397496 2873404696')}c=IN IP4 233.252.0.1/127\nm=audio 49170 RTP/AVP 0\n`
    expect(session(text)).toEqual({
      name: 'Seminar',
      information: 'About it',
      origin: 'alice 2890844526 IN IP4 192.0.2.1',
      version: 2890842807n,
      ends: (2873404696 - 2208988800) * 1000,
      streams: [
        { media: 'audio', protocol: 'RTP/AVP', group: '233.252.0.1', port: 49170, ttl: 127, sources: [], blocked: [] },
      ],
    })
    expect(session(text.replaceAll('\n', '\r\n'))).toEqual(session(text))
  })

  it('keeps an identity and a version larger than a double', () => {
    const text = head.replace('2890844526 2890842807', '18446744073709551615 18446744073709551614')
    expect(session(text)).toMatchObject({
      origin: 'alice 18446744073709551615 IN IP4 192.0.2.1',
      version: 18446744073709551614n,
    })
  })

  it('ends with the last of its times, or never', () => {
    const ends = (times: string) => session(head.replace('t=0 0\n', times)).ends
    expect(ends('t=1 3000000000\nt=1 4000000000\nt=1 3500000000\n')).toBe((4000000000 - 2208988800) * 1000)
    expect(ends('t=1 3000000000\nt=1 0\n')).toBeUndefined()
    expect(ends('')).toBeUndefined()
  })

  it("has a stream for each media, from its own group or the session's", () => {
    const body =
      'c=IN IP4 239.1.1.1/15\nm=video 5000 RTP/AVP 33\nm=video 5002 RTP/AVP 33\nc=IN IP6 FF15:0::1\nm=video 5004 RTP/AVP 33\nc=IN IP4 10.0.0.1\n'
    expect(streams(body)).toEqual([
      { ...video, group: '239.1.1.1', port: 5000, ttl: 15 },
      { ...video, group: 'ff15::1', port: 5002 },
    ])
  })

  it('has no stream of a media without a group, nor without a port', () => {
    expect(streams('m=video 5000 RTP/AVP 33\n')).toEqual([])
    expect(streams('c=IN IP4 239.1.1.1/15\nm=video 0 RTP/AVP 33\n')).toEqual([])
  })

  it('tells ports and groups that do not go together, and ports that are none', () => {
    const problems = (body: string) => session(head + body).problems
    expect(problems('c=IN IP4 224.2.1.1/127/3\nm=video 5000/2 RTP/AVP 31\n')).toEqual([
      expect.stringContaining('2 ports for 3 groups: which go together is not said'),
    ])
    expect(problems('c=IN IP4 224.2.1.1/127\nm=video 65534/2 RTP/AVP 31\n')).toEqual([
      expect.stringContaining('ports beyond 65535'),
    ])
    expect(problems('c=IN IP4 224.2.1.1/127/2\nm=video 5000/2 RTP/AVP 31\n')).toBeUndefined()
  })

  it('counts groups and ports up', () => {
    const groupsAndPorts = (body: string) => streams(body).map(({ group, port }) => `${group} ${port}`)
    expect(groupsAndPorts('c=IN IP4 224.2.1.254/127/3\nm=video 5000 RTP/AVP 31\n')).toEqual([
      '224.2.1.254 5000',
      '224.2.1.255 5000',
      '224.2.2.0 5000',
    ])
    expect(groupsAndPorts('c=IN IP6 ff15::ffff/2\nm=video 5000 RTP/AVP 31\n')).toEqual([
      'ff15::ffff 5000',
      'ff15::1:0 5000',
    ])
    expect(groupsAndPorts('c=IN IP4 224.2.1.1/127/2\nm=video 49170/2 RTP/AVP 31\n')).toEqual([
      '224.2.1.1 49170',
      '224.2.1.2 49172',
    ])
    expect(groupsAndPorts('c=IN IP4 224.2.1.1/127\nm=video 49170/2 RTP/AVP 31\n')).toEqual([
      '224.2.1.1 49170',
      '224.2.1.1 49172',
    ])
    expect(groupsAndPorts('m=video 5000 RTP/AVP 31\nc=IN IP4 224.2.1.1/127\nc=IN IP4 224.2.1.9/127\n')).toEqual([
      '224.2.1.1 5000',
      '224.2.1.9 5000',
    ])
    expect(groupsAndPorts('c=IN IP4 239.255.255.255/1/9\nm=video 5000 RTP/AVP 31\n')).toEqual(['239.255.255.255 5000'])
  })

  it.each<[string, string, object]>([
    ['one source', 'a=source-filter: incl IN IP4 232.3.4.5 192.0.2.10\n', { sources: ['192.0.2.10'] }],
    [
      'many',
      'a=source-filter:incl IN IP4 232.3.4.5 192.0.2.10  192.0.2.11 192.0.2.10\n',
      { sources: ['192.0.2.10', '192.0.2.11'] },
    ],
    ['any group', 'a=source-filter: incl IN IP4 * 192.0.2.10\n', { sources: ['192.0.2.10'] }],
    ['any family', 'a=source-filter: incl IN * * 192.0.2.10\n', { sources: ['192.0.2.10'] }],
    ['exclusion', 'a=source-filter: excl IN IP4 232.3.4.5 192.0.2.66\n', { blocked: ['192.0.2.66'] }],
    ['another group', 'a=source-filter: incl IN IP4 232.3.4.6 192.0.2.10\n', {}],
    ['another family', 'a=source-filter: incl IN IP6 * 2001:db8::1\n', {}],
    [
      'several lines',
      'a=source-filter: incl IN IP4 232.3.4.6 192.0.2.9\na=source-filter: incl IN IP4 232.3.4.5 192.0.2.10\na=source-filter: incl IN IP4 232.3.4.5 192.0.2.11\n',
      { sources: ['192.0.2.10', '192.0.2.11'] },
    ],
    ['a name', 'a=source-filter: incl IN IP4 232.3.4.5 src.example.org $(reboot)\n', { sources: ['src.example.org'] }],
    ['nonsense', 'a=source-filter: both IN IP4 232.3.4.5 192.0.2.10\n', {}],
  ])('has a source filter of RFC 4570: %s', (_name, line, expected) => {
    const stream = { ...video, group: '232.3.4.5', port: 5000, ttl: 1, ...expected }
    const body = 'c=IN IP4 232.3.4.5/1\n'
    // A filter of the session, and one of the media.
    expect(streams(`${body}${line}m=video 5000 RTP/AVP 33\n`)).toEqual([stream])
    expect(streams(`${body}m=video 5000 RTP/AVP 33\n${line}`)).toEqual([stream])
  })

  it('takes a source without its zone, which is one of the announcing host', () => {
    const text = 'm=video 5000 udp 33\nc=IN IP6 ff15::1\na=source-filter: incl IN IP6 ff15::1 fe80::9%eth0 ::%\n'
    expect(streams(text)[0]?.sources).toEqual(['fe80::9', '::'])
  })

  it.each(['1.5', '1e1', '-1', '0x10', '256', ''])('takes no hop limit and no count from %j', (number) => {
    const session = parseSdp(`o=- 1 1 IN IP4 10.0.0.1\nc=IN IP4 239.1.1.1/${number}/${number}\nm=video 5000 udp 33\n`)
    const streams = isMalformed(session) ? [] : session.streams
    expect(streams.map(({ ttl }) => ttl)).toEqual(new Array(number === '256' ? 256 : 1).fill(undefined))
  })

  it("takes the media's filter before the session's", () => {
    const filter = (source: string) => `a=source-filter: incl IN IP4 * ${source}\n`
    const body = `c=IN IP4 232.3.4.5/1\n${filter('192.0.2.1')}m=video 5000 RTP/AVP 33\n${filter('192.0.2.2')}m=video 5002 RTP/AVP 33\n`
    expect(streams(body).map(({ sources }) => sources)).toEqual([['192.0.2.2'], ['192.0.2.1']])
  })

  it('compares groups, not their spelling', () => {
    const body =
      'c=IN IP6 FF3E:0:0::8000:1\na=source-filter: incl IN IP6 ff3e::8000:1 2001:DB8:0::1\nm=video 5000 RTP/AVP 33\n'
    expect(streams(body)).toMatchObject([{ group: 'ff3e::8000:1', sources: ['2001:db8::1'] }])
  })

  it('without an o= line is malformed', () => {
    expect(parseSdp('v=0\ns=x\n')).toEqual({ malformed: expect.stringContaining('o=') })
    expect(parseSdp('')).toHaveProperty('malformed')
  })

  it('is read to an end, whatever it counts to', () => {
    const connections = 'c=IN IP4 224.1.1.1/1/99999999\n'.repeat(2000)
    expect(streams(`${connections}${'m=video 5000/99999999 RTP/AVP 33\n'.repeat(500)}`)).toHaveLength(256)
    const filters = `a=source-filter: incl IN IP4 * ${'10.0.0.1 '.repeat(5000)}\n`
    expect(streams(`c=IN IP4 224.1.1.1/1/256\n${filters}m=video 5000 RTP/AVP 33\n`)).toHaveLength(256)
  })

  it('is malformed if its filters name more sources than are read', () => {
    const filter = (net: number) =>
      `a=source-filter: incl IN IP4 * ${Array.from({ length: 200 }, (_, n) => `10.0.${net}.${n}`).join(' ')}\n`
    const described = parseSdp(`v=0\no=- 1 1 IN IP4 1.2.3.4\ns=x\n${filter(1)}${filter(2)}`)
    expect(described).toEqual({ malformed: expect.stringContaining('256 sources') })
  })

  it('never ends if its end is later than Date can hold', () => {
    expect(parseSdp('v=0\no=- 1 1 IN IP4 1.2.3.4\ns=x\nt=0 99999999999999999999\n')).not.toHaveProperty('ends')
  })

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      'v=0\n',
      'o=- 1 1 IN IP4 1.2.3.4\n',
      't=',
      '0 ',
      '\n',
      'c=IN IP4 ',
      '239.1.1.1',
      '/',
      'm=video ',
      '5000 ',
      'RTP/AVP 33\n',
      'a=source-filter: incl IN IP4 ',
      '* ',
      's=',
      '\0',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (hostile) => {
        const result = parseSdp(hostile)
        if (isMalformed(result)) return
        for (const { port, group } of result.streams) {
          expect(group).not.toBe('')
          expect(port > 0 && port < 65_536).toBe(true)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
