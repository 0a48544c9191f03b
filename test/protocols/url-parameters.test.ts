// URLs of streams with parameters, as players, servers and libraries write them.
import { describe, expect, it } from 'vitest'
import { SocketOptionError } from '../../lib/base/errors.ts'
import { parseChannel } from '../../lib/protocols/channel.ts'
import { parseTarget } from '../../lib/protocols/target.ts'
import { fc } from '../support/property.ts'

const udp = { protocol: 'udp', group: '239.1.1.1', port: 5000, sources: [], blocked: [] }
const rtp = { ...udp, protocol: 'rtp' }
const ONE = ['10.0.0.1']
const TWO = ['10.0.0.1', '10.0.0.2']

describe('parameters of a URL', () => {
  it.each([
    // mediamtx
    ['udp://239.1.1.1:5000?source=10.0.0.1', { ...udp, sources: ONE }],
    ['udp://239.1.1.1:5000?source=10.0.0.1&interface=eth0', { ...udp, sources: ONE, interface: 'eth0' }],
    ['udp+mpegts://239.1.1.1:5000?interface=eth0', { ...udp, interface: 'eth0' }],
    ['udp+rtp://239.1.1.1:5000?source=10.0.0.1', { ...rtp, sources: ONE }],
    // Shaka Packager
    ['udp://239.1.1.1:5000?interface=10.0.0.9&reuse=1&timeout=5000000', { ...udp, interface: '10.0.0.9' }],
    ['udp://239.1.1.1:5000?source=10.0.0.1&buffer_size=2097152', { ...udp, sources: ONE }],
    // ffmpeg
    ['udp://239.1.1.1:5000?sources=10.0.0.1,10.0.0.2&reuse=1', { ...udp, sources: TWO }],
    ['udp://@239.1.1.1:5000?fifo_size=1000000&overrun_nonfatal=1&buffer_size=65536&timeout=3000000', udp],
    ['udp://239.1.1.1:5000?pkt_size=1316&ttl=16&bitrate=8000000&burst_bits=1000&broadcast=1', { ...udp, hops: 16 }],
    ['udp://239.1.1.1:5000?localaddr=10.0.0.9&connect=0', { ...udp, interface: '10.0.0.9' }],
    ['rtp://239.1.1.1:5000?rtcpport=5001&localrtcpport=5001&pkt_size=1200&ttl=4', { ...rtp, hops: 4 }],
    ['rtp://239.1.1.1:5000?block=10.0.0.1,10.0.0.2', { ...rtp, blocked: TWO }],
    // GStreamer
    ['udp://239.1.1.1:5000?multicast-iface=eth0', { ...udp, interface: 'eth0' }],
    ['udp://239.1.1.1:5000?multicast-source=+10.0.0.1+10.0.0.2', { ...udp, sources: TWO }],
    ['udp://239.1.1.1:5000?multicast-source=10.0.0.1', { ...udp, sources: ONE }],
    ['udp://239.1.1.1:5000?multicast-source=%2B10.0.0.1', { ...udp, sources: ONE }],
    ['udp://239.1.1.1:5000?multicast-source=-10.0.0.1-10.0.0.2', { ...udp, blocked: TWO }],
    [
      'rtp://239.1.1.1:5000?multicast-iface=eth1&encoding-name=H264&latency=100&ttl-mc=8&buffer-size=1048576&timeout=10000',
      { ...rtp, interface: 'eth1', hops: 8 },
    ],
    // VLC
    ['udp://10.0.0.1@239.1.1.1:5000?miface=eth0&network-caching=300', { ...udp, sources: ONE, interface: 'eth0' }],
    ['udp:@239.1.1.1:5000', udp],
    ['rtp:@239.1.1.1:5000', rtp],
    // All together, and in other spellings.
    ['UDP://239.1.1.1:5000?SOURCE=10.0.0.1&TTL=3', { ...udp, sources: ONE, hops: 3 }],
    ['udp://10.0.0.1@239.1.1.1:5000?source=10.0.0.2', { ...udp, sources: TWO }],
    ['udp://239.1.1.1:5000?source=10.0.0.1&source=10.0.0.2', { ...udp, sources: TWO }],
    ['udp://239.1.1.1:5000?interface=2', { ...udp, interface: 2 }],
    ['udp://239.1.1.1:5000?interface=eth0&multicast-iface=eth0&ttl=5&ttl-mc=5', { ...udp, interface: 'eth0', hops: 5 }],
    ['udp://239.1.1.1%25eth0:5000?interface=eth0', { ...udp, interface: 'eth0' }],
    ['udp://239.1.1.1:5000?interface=&source=&ttl=', udp],
    ['udp://239.1.1.1:5000?', udp],
    ['udp://[ff3e::1]:5000?source=2001:db8::1', { ...udp, group: 'ff3e::1', sources: ['2001:db8::1'] }],
  ])('of %s are read', (text, expected) => {
    expect(parseChannel(text)).toEqual(expected)
    expect(parseTarget(text)).toEqual(expected)
  })

  it.each([
    ['localport=6000', /'localport' is not known/],
    ['connect=1', /'connect' is not known/],
    ['dscp=46', /'dscp' is not known/],
    ['sourceport=5', /'sourceport' is not known/],
    ['pt-select=96', /'pt-select' is not known/],
    ['ssrc=1234', /'ssrc' is not known/],
    ['loop=0', /'loop' is not known/],
    ['udplite_coverage=8', /is not known/],
    ['nonsense', /'nonsense' is not known/],
    ['__proto__=1', /'__proto__' is not known/],
    ['constructor=1', /'constructor' is not known/],
    ['interface=eth0&multicast-iface=eth1', /interface=eth0 and multicast-iface=eth1 name two interfaces/],
    ['multicast-iface=eth0,eth1', /'eth0,eth1' names several interfaces/],
    ['ttl=1&ttl-mc=2', /two hop limits/],
    ['ttl=x', /ttl is a number from 0 to 255, not 'x'/],
    ['ttl-mc=256', /ttl is a number from 0 to 255/],
    ['source=10.0.0.1&block=10.0.0.2', /not both/],
    ['multicast-source=+10.0.0.1-10.0.0.2', /not both/],
    ['source=example.org', /the source 'example.org' is not an address/],
    ['source=10.0.0.1:7', /a source has no port/],
    ['source=10.0.0.1&sources=10.0.0.1', /named twice/],
    ['source=2001:db8::1', /not of one family/],
  ])('?%s are refused', (query, problem) => {
    const refusal = expect.objectContaining({ code: 'ERR_INVALID_CHANNEL', message: expect.stringMatching(problem) })
    expect(() => parseChannel(`udp://239.1.1.1:5000?${query}`)).toThrow(refusal)
    expect(() => parseTarget(`udp://239.1.1.1:5000?${query}`)).toThrow(refusal)
  })

  it('name one interface with the zone, or are refused', () => {
    expect(() => parseChannel('udp://239.1.1.1%eth0:5000?localaddr=10.0.0.9')).toThrow(/name two interfaces/)
  })

  it.each([
    ['udp://host.example:5000?interface=eth0&ttl=3&timeout=5', { host: 'host.example', interface: 'eth0', hops: 3 }],
    ['rtp://10.0.0.2:5004?multicast-iface=eth0&buffer-size=1', { host: '10.0.0.2', interface: 'eth0' }],
    ['udp://@:5000', { host: '', port: 5000 }],
    ['udp+rtp://:5000', { host: '', port: 5000, protocol: 'rtp' }],
  ])('of a host, %s, are read', (text, said) => expect(parseTarget(text)).toMatchObject(said))

  it.each(['source', 'sources', 'block', 'multicast-source'])('of a host have no %s', (name) => {
    expect(() => parseTarget(`udp://10.0.0.2:5000?${name}=10.0.0.1`)).toThrow(/10\.0\.0\.2 is a host/)
  })

  it.each(['srt', 'rist', 'udp+h264', 'rtsp', 'udp6x', '+rtp', 'udp+'])('%s:// is no scheme', (scheme) => {
    expect(() => parseChannel(`${scheme}://239.1.1.1:5000`)).toThrow(SocketOptionError)
  })

  it('are never read in silence: a name that is not listed is refused', () => {
    const names = fc.stringMatching(/^[a-z][a-z_-]{0,12}$/)
    fc.assert(
      fc.property(names, fc.string({ maxLength: 8 }), (name, value) => {
        try {
          const said = parseChannel(`udp://239.1.1.1:5000?${name}=${encodeURIComponent(value)}`)
          const listed = /^(source|sources|block|localaddr|interface|ttl|ttl-mc|miface|multicast-(source|iface))$/
          if (!listed.test(name)) expect(said).toEqual(udp)
        } catch (error) {
          expect(error).toBeInstanceOf(SocketOptionError)
        }
      }),
    )
  })
})
