// Descriptions as real senders write them: written after the specifications and the forms that products are known for.
import { describe, expect, it } from 'vitest'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { parseSdp, type SdpSession } from '../../lib/protocols/sdp.ts'
import { wrongStart } from '../../lib/protocols/sdp-lines.ts'

function session(lines: readonly string[], newline = '\r\n'): SdpSession {
  const text = lines.join(newline) + newline
  expect(wrongStart(text)).toBeUndefined()
  const read = parseSdp(text)
  if (isMalformed(read)) throw new Error(read.malformed)
  return read
}

const brief = ({ streams }: SdpSession) =>
  streams.map(({ media, group, port, clockRate, sources }) => ({ media, group, port, clockRate, sources }))

describe('descriptions of senders', () => {
  it('AES67: a source filter, and a clock of 48 kHz', () => {
    const read = session([
      'v=0',
      'o=- 1311738121 1311738121 IN IP4 192.168.1.1',
      's=Stage left I/O',
      'c=IN IP4 239.0.0.1/32',
      't=0 0',
      'a=clock-domain:PTPv2 0',
      'm=audio 5004 RTP/AVP 96',
      'a=source-filter: incl IN IP4 239.0.0.1 192.168.1.1',
      'a=rtpmap:96 L24/48000/2',
      'a=sendonly',
      'a=ptime:1',
      'a=ts-refclk:ptp=IEEE1588-2008:39-A7-94-FF-FE-07-CB-D0:0',
      'a=mediaclk:direct=963214424',
    ])
    expect(read).not.toHaveProperty('problems')
    expect(brief(read)).toEqual([
      { media: 'audio', group: '239.0.0.1', port: 5004, clockRate: 48_000, sources: ['192.168.1.1'] },
    ])
  })

  it('Dante: an i= line of the media, keywords, a TTL in the media’s c= line', () => {
    const read = session([
      'v=0',
      'o=- 2938475 2938477 IN IP4 169.254.77.9',
      's=AVIOAI2-532f1c : 2',
      'c=IN IP4 239.69.205.33/32',
      't=0 0',
      'a=keywds:Dante',
      'm=audio 5004 RTP/AVP 97',
      'i=2 channels: Left, Right',
      'a=recvonly',
      'a=rtpmap:97 L24/48000/2',
      'a=ptime:1',
      'a=ts-refclk:ptp=IEEE1588-2008:00-1D-C1-FF-FE-53-2F-1C:0',
      'a=mediaclk:direct=1764231907',
    ])
    expect(read).not.toHaveProperty('problems')
    expect(read).not.toHaveProperty('information')
    expect(brief(read)).toEqual([
      { media: 'audio', group: '239.69.205.33', port: 5004, clockRate: 48_000, sources: [] },
    ])
  })

  it('Ravenna: a filter of the session, mediaclk offset, sync-time, channels behind the rate', () => {
    const read = session([
      'v=0',
      'o=- 13 0 IN IP4 192.168.1.60',
      's=ALSA-60:13_0',
      't=0 0',
      'a=clock-domain:PTPv2 0',
      'a=ts-refclk:ptp=IEEE1588-2008:00-1D-C1-FF-FE-12-34-56:0',
      'a=mediaclk:direct=0',
      'a=source-filter: incl IN IP4 239.1.1.60 192.168.1.60',
      'm=audio 5004 RTP/AVP 98',
      'c=IN IP4 239.1.1.60/15',
      'a=rtpmap:98 L16/44100/64',
      'a=sync-time:0',
      'a=framecount:48',
      'a=ptime:0.12',
      'a=recvonly',
    ])
    expect(read).not.toHaveProperty('problems')
    expect(brief(read)).toEqual([
      { media: 'audio', group: '239.1.1.60', port: 5004, clockRate: 44_100, sources: ['192.168.1.60'] },
    ])
  })

  it('ST 2110-20 with ST 2022-7: two groups of one DUP, each with its source', () => {
    const leg = (group: string, source: string, mid: string) => [
      'm=video 50000 RTP/AVP 112',
      `c=IN IP4 ${group}/64`,
      `a=source-filter: incl IN IP4 ${group} ${source}`,
      'a=rtpmap:112 raw/90000',
      'a=fmtp:112 sampling=YCbCr-4:2:2; width=1920; height=1080; exactframerate=50; depth=10; TCS=SDR; colorimetry=BT709; PM=2110GPM; SSN=ST2110-20:2017; TP=2110TPN; ',
      'a=mediaclk:direct=0',
      'a=ts-refclk:ptp=IEEE1588-2008:08-00-11-FF-FE-21-E1-B0:127',
      `a=mid:${mid}`,
    ]
    const read = session([
      'v=0',
      'o=- 123456 11 IN IP4 192.168.100.2',
      's=Example of a SMPTE ST2110-20 signal',
      'i=this example is for 1080p at 50',
      't=0 0',
      'a=recvonly',
      'a=group:DUP primary secondary',
      ...leg('239.100.9.10', '192.168.100.2', 'primary'),
      ...leg('239.101.9.10', '192.168.101.2', 'secondary'),
    ])
    expect(read).not.toHaveProperty('problems')
    expect(brief(read)).toEqual([
      { media: 'video', group: '239.100.9.10', port: 50_000, clockRate: 90_000, sources: ['192.168.100.2'] },
      { media: 'video', group: '239.101.9.10', port: 50_000, clockRate: 90_000, sources: ['192.168.101.2'] },
    ])
  })

  it('ST 2022-7 by two sources of one group, and ST 2110-30 and -40 beside it', () => {
    const read = session([
      'v=0',
      'o=- 1 1 IN IP4 192.168.100.2',
      's=ancillary and audio',
      't=0 0',
      'm=audio 20000 RTP/AVP 97',
      'c=IN IP4 239.2.2.2/127',
      'a=source-filter: incl IN IP4 239.2.2.2 192.168.100.2 192.168.101.2',
      'a=rtpmap:97 L24/48000/8',
      'a=fmtp:97 channel-order=SMPTE2110.(51,ST)',
      'm=video 20002 RTP/AVP 100',
      'c=IN IP4 239.2.2.3/127',
      'a=rtpmap:100 smpte291/90000',
    ])
    expect(brief(read)).toMatchObject([
      { clockRate: 48_000, sources: ['192.168.100.2', '192.168.101.2'] },
      { clockRate: 90_000, sources: [] },
    ])
  })

  it('VLC, ffmpeg and GStreamer: no rtpmap for static types, tool names, one type without a TTL', () => {
    const vlc = session([
      'v=0',
      'o=- 15876543210 15876543210 IN IP4 host.local',
      's=Big Buck Bunny',
      'i=N/A',
      'c=IN IP4 239.255.12.42/1',
      't=0 0',
      'a=tool:vlc 3.0.20',
      'a=recvonly',
      'a=type:broadcast',
      'a=charset:UTF-8',
      'm=video 5004 RTP/AVP 33',
      'b=RR:0',
      'a=rtpmap:33 MP2T/90000',
    ])
    expect(brief(vlc)).toMatchObject([{ group: '239.255.12.42', clockRate: 90_000 }])
    const ffmpeg = session(
      [
        'v=0',
        'o=- 0 0 IN IP4 127.0.0.1',
        's=No Name',
        'c=IN IP4 239.1.2.3',
        't=0 0',
        'a=tool:libavformat 60.16.100',
        'm=audio 5004 RTP/AVP 97',
        'b=AS:128',
        'a=rtpmap:97 MPEG4-GENERIC/44100/2',
      ],
      '\n',
    )
    expect(brief(ffmpeg)).toMatchObject([{ group: '239.1.2.3', clockRate: 44_100 }])
    for (const read of [vlc, ffmpeg]) expect(read).not.toHaveProperty('problems')
  })

  it('Axis: a unicast session c= line, the group in each media', () => {
    const read = session([
      'v=0',
      'o=- 12345678901234567890 1 IN IP4 10.0.0.90',
      's=Session streamed with GStreamer',
      'i=rtsp-server',
      'c=IN IP4 0.0.0.0',
      't=0 0',
      'a=range:npt=now-',
      'm=video 50000 RTP/AVP 96',
      'c=IN IP4 239.216.121.37/5',
      'b=AS:50000',
      'a=rtpmap:96 H264/90000',
      'a=fmtp:96 packetization-mode=1;profile-level-id=4d0029;sprop-parameter-sets=Z00AKeKQDwBE/LgLcBAQGkHiRFQ=,aO48gA==',
    ])
    expect(read).not.toHaveProperty('problems')
    expect(brief(read)).toMatchObject([{ group: '239.216.121.37', port: 50_000, clockRate: 90_000 }])
  })

  it('IPv6, with a filter of its own family', () => {
    const read = session([
      'v=0',
      'o=- 5 6 IN IP6 2001:db8::5',
      's=six',
      'c=IN IP6 FF3E::8000:1',
      't=0 0',
      'a=source-filter: incl IN IP6 ff3e::8000:1 2001:DB8::5',
      'm=audio 5004 RTP/AVP 0',
    ])
    expect(brief(read)).toMatchObject([{ group: 'ff3e::8000:1', sources: ['2001:db8::5'] }])
  })
})

describe('what senders write a little differently', () => {
  const SSM = ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', 'c=IN IP4 232.1.1.1/32', 't=0 0']
  const sourcesOf = (...lines: string[]) => {
    const read = session([...SSM, 'm=audio 5004 RTP/AVP 97', ...lines])
    return { sources: read.streams[0]?.sources, blocked: read.streams[0]?.blocked, problems: read.problems ?? [] }
  }
  const ONE = { sources: ['10.0.0.1'], blocked: [], problems: [] }

  it.each([
    'a=source-filter: incl IN IP4 232.1.1.1 10.0.0.1',
    'a=source-filter:incl IN IP4 232.1.1.1 10.0.0.1',
    'a=source-filter: incl IN IP4 232.1.1.1/32 10.0.0.1',
    'a=source-filter: incl IN IP4 232.1.1.1/127/1 10.0.0.1',
    'a=source-filter: incl  IN  IP4  232.1.1.1  10.0.0.1',
    'a=source-filter:  incl\tIN\tIP4\t232.1.1.1\t10.0.0.1 ',
    'a=source-filter: incl in ip4 232.1.1.1 10.0.0.1',
    'a=source-filter: INCL IN IP4 232.1.1.1 10.0.0.1',
    'a=Source-Filter: Incl In Ip4 232.1.1.1 10.0.0.1',
    'a=source-filter : incl IN IP4 232.1.1.1 10.0.0.1',
    'a=source-filter: incl IN IP4 232.001.001.001 010.000.000.001',
    'a=source-filter: incl IN IP4 * 10.0.0.1',
    'a=source-filter: incl IN * * 10.0.0.1',
    'a=source-filter: incl * * * 10.0.0.1',
    'a=source-filter: incl IP4 232.1.1.1 10.0.0.1',
    'a=source-filter: incl IN IP6 232.1.1.1 10.0.0.1',
    'a=source-filter: incl IN IP4 232.1.1.1 10.0.0.1/32',
    'a=source-filter: incl IN IP4 232.1.1.1 ::ffff:10.0.0.1',
    'a= source-filter: incl IN IP4 232.1.1.1 10.0.0.1',
    'A=source-filter: incl IN IP4 232.1.1.1 10.0.0.1',
  ])('%j is a filter for one source', (line) => {
    expect(sourcesOf(line)).toEqual(ONE)
  })

  it('several sources, with commas or blanks, and excluded ones', () => {
    expect(sourcesOf('a=source-filter: incl IN IP4 232.1.1.1 10.0.0.1, 10.0.0.2')).toMatchObject({
      sources: ['10.0.0.1', '10.0.0.2'],
    })
    expect(sourcesOf('a=source-filter: EXCL in IP4 232.1.1.1 10.0.0.66')).toMatchObject({
      sources: [],
      blocked: ['10.0.0.66'],
    })
    const counted = session([
      ...SSM.map((line) => line.replace('/32', '/32/2')),
      'a=source-filter: incl IN IP4 232.1.1.1/32/2 10.0.0.1',
      'm=audio 5004 RTP/AVP 97',
    ])
    expect(counted.streams.map(({ group, sources }) => [group, sources])).toEqual([
      ['232.1.1.1', ['10.0.0.1']],
      ['232.1.1.2', ['10.0.0.1']],
    ])
  })

  it.each([
    ['a=source-filter: only IN IP4 232.1.1.1 10.0.0.1', /incl or excl, not 'only'/],
    ['a=source-filter: include IN IP4 232.1.1.1 10.0.0.1', /not 'include'/],
    ['a=source-filter: incl IN IP5 232.1.1.1 10.0.0.1', /IN IP4, IN IP6/],
    ['a=source-filter: incl IN IP4 232.1.1.1', /without a source/],
    ['a=source-filter: incl IN IP4 group.example 10.0.0.1', /for a group or for \*, not 'group.example'/],
    ['a=source-filter: incl IN IP4 10.9.9.9 10.0.0.1', /for a group or for \*, not '10.9.9.9'/],
    ['a=source-filter: incl IN IP4 232.1.1.1 10.0.0.256', /'10.0.0.256' is no address/],
    ['a=source-filter: incl IN IP4 232.1.1.1 239.9.9.9', /'239.9.9.9' is no address of a host/],
    ['a=source-filter:', /incl or excl/],
  ])('%j is not understood, which is told', (line, why) => {
    const read = session([...SSM, 'm=audio 5004 RTP/AVP 97', line])
    expect(read.problems).toEqual([expect.stringMatching(why)])
    expect(read.problems?.[0]).toContain('line 7')
    expect(read.unreadFilters).toHaveLength(1)
  })

  it.each([
    ['a=source-filter: incl IN IP4 232.9.9.9 10.0.0.1', /for no group of this description/],
    ['a=rtpmap:97 L24', /rtpmap is/],
    ['a=rtpmap:97 L24/0', /rtpmap is/],
    ['c=IN IP4 group.example', /names are not looked up/],
    ['c=232.1.1.1/32', /IN IP4 or IN IP6/],
    ['c=IN IP4 232.1.1.1/300', /TTL, 0 to 255/],
    ['m=audio', /a media is/],
    ['m=audio 70000 RTP/AVP 97', /a media is/],
    ['m=audio -1 RTP/AVP 97', /a media is/],
    ['t=now forever', /seconds since 1900/],
    ['what is this?', /LETTER=VALUE/],
  ])('%j is not understood, which is told', (line, why) => {
    expect(session([...SSM, 'm=audio 5004 RTP/AVP 97', line]).problems).toEqual([expect.stringMatching(why)])
  })

  it('lines behind a media that is not understood are not of the media before', () => {
    const { streams } = session([
      ...SSM,
      'm=audio 5004 RTP/AVP 97',
      'm=video 99999 RTP/AVP 98',
      'a=source-filter: incl IN IP4 * 10.0.0.9',
    ])
    expect(streams).toMatchObject([{ media: 'audio', sources: [] }])
  })

  it('groups with zero-padded octets, without a TTL, in lower case, with blanks', () => {
    for (const line of [
      'c=IN IP4 239.001.002.003/015',
      'c=in ip4 239.1.2.3',
      'c=IN  IP4  239.1.2.3/15',
      'c= IN IP4 239.1.2.3/15 ',
    ]) {
      const read = session(['v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=x', line, 't=0 0', 'm=audio  5004  RTP/AVP  97'])
      expect(read).toMatchObject({ streams: [{ group: '239.1.2.3', port: 5004 }] })
      expect(read).not.toHaveProperty('problems')
    }
  })

  it.each([
    ['o=John Smith 12 3 IN IP4 10.0.0.1', 'John Smith 12 IN IP4 10.0.0.1', 3n],
    ['o=Studio A: Main 1 12 3 IN IP4 10.0.0.1', 'Studio A: Main 1 12 IN IP4 10.0.0.1', 3n],
    ['o= 12 3 IN IP4 10.0.0.1', '- 12 IN IP4 10.0.0.1', 3n],
    ['o=-  12  3  in  ip4  010.000.000.001', '- 12 IN IP4 10.0.0.1', 3n],
    ['o=- abc 18446744073709551615 IN IP4 host', '- abc IN IP4 host', 18446744073709551615n],
    ['o=- 1 2 IN IP6 2001:DB8::1', '- 1 IN IP6 2001:db8::1', 2n],
  ])('%j identifies a session', (line, origin, version) => {
    expect(session(['v=0', line, 's=x', 't=0 0'])).toMatchObject({ origin, version })
  })

  it.each(['o=', 'o=-', 'o=- 1 1 IN IP4', 'o=- 1 1 IN IP9 10.0.0.1', 'o=hello'])('%j is malformed', (line) => {
    expect(parseSdp(`v=0\r\n${line}\r\ns=x\r\n`)).toEqual({ malformed: expect.stringContaining('o= line') })
  })

  it('a clock that payload types do not share is none', () => {
    const rates = (...lines: string[]) => session([...SSM, ...lines]).streams[0]?.clockRate
    expect(rates('m=audio 5004 RTP/AVP 96 97', 'a=rtpmap:96 L16/48000', 'a=rtpmap:97 L16/44100')).toBeUndefined()
    expect(rates('m=audio 5004 RTP/AVP 96 97', 'a=rtpmap:96 L16/48000', 'a=rtpmap:97 L24/48000/2')).toBe(48_000)
    expect(rates('m=audio 5004 RTP/AVP 96', 'a=rtpmap:97 L16/44100')).toBeUndefined()
    expect(rates('m=audio 5004 RTP/AVP 96', 'a=rtpmap: 96  opus/48000/2')).toBe(48_000)
  })

  it.each([
    ['\ufeffv=0\r\no=- 1 1 IN IP4 10.0.0.1\r\n', /byte order mark/],
    ['SDP:\r\nv=0\r\n', /'SDP:'/],
    ['sdp:\nv=0\n', /'SDP:'/],
    [' v=0\r\n', /does not start with v=0/],
    ['v=1\r\n', /does not start with v=0/],
    ['v=00\r\n', /does not start with v=0/],
    ['', /does not start with v=0/],
  ])('%j is no beginning', (text, why) => {
    expect(wrongStart(text)).toEqual({ malformed: expect.stringMatching(why) })
  })

  it('notes at most 16 lines', () => {
    expect(session([...SSM, ...new Array(5000).fill('nonsense')]).problems).toHaveLength(16)
  })
})
