import { describe, expect, it } from 'vitest'
import { SocketOptionError } from '../../lib/base/errors.ts'
import { type ChannelText, parseChannel } from '../../lib/protocols/channel.ts'
import { fc } from '../support/property.ts'

const plain: Pick<ChannelText, 'protocol' | 'sources' | 'blocked'> = { protocol: 'udp', sources: [], blocked: [] }
const table: [text: string, expected: ChannelText][] = [
  ['239.1.1.1', { ...plain, group: '239.1.1.1' }],
  [' 239.1.1.1:5000\n', { ...plain, group: '239.1.1.1', port: 5000 }],
  ['239.1.1.1%eth0.5:5000', { ...plain, group: '239.1.1.1', port: 5000, interface: 'eth0.5' }],
  ['239.1.1.1%2', { ...plain, group: '239.1.1.1', interface: 2 }],
  ['FF15:0::1', { ...plain, group: 'ff15::1' }],
  ['ff02::1%eth0', { ...plain, group: 'ff02::1', interface: 'eth0' }],
  ['[ff15::1]', { ...plain, group: 'ff15::1' }],
  ['[ff15::1]:5000', { ...plain, group: 'ff15::1', port: 5000 }],
  ['[ff02::1%3]:5000', { ...plain, group: 'ff02::1', port: 5000, interface: 3 }],
  ['[ff02::1]%eth0:5000', { ...plain, group: 'ff02::1', port: 5000, interface: 'eth0' }],
  // Without brackets all of the text is the address.
  ['ff15::1:5000', { ...plain, group: 'ff15::1:5000' }],
  ['10.0.0.1@232.1.1.1', { ...plain, group: '232.1.1.1', sources: ['10.0.0.1'] }],
  ['10.0.0.1@232.1.1.1:5000', { ...plain, group: '232.1.1.1', port: 5000, sources: ['10.0.0.1'] }],
  ['10.0.0.1,10.0.0.2@232.1.1.1:5', { ...plain, group: '232.1.1.1', port: 5, sources: ['10.0.0.1', '10.0.0.2'] }],
  ['2001:DB8::1@[ff3e::1]:5000', { ...plain, group: 'ff3e::1', port: 5000, sources: ['2001:db8::1'] }],
  ['[2001:db8::1],[fd00::2]@ff3e::1', { ...plain, group: 'ff3e::1', sources: ['2001:db8::1', 'fd00::2'] }],
  ['@239.1.1.1:5000', { ...plain, group: '239.1.1.1', port: 5000 }],
  // VLC
  ['udp://@239.1.1.1:5000', { ...plain, group: '239.1.1.1', port: 5000 }],
  ['udp://@239.1.1.1', { ...plain, group: '239.1.1.1' }],
  ['udp://10.0.0.1@232.1.1.1:5000', { ...plain, group: '232.1.1.1', port: 5000, sources: ['10.0.0.1'] }],
  ['udp://[2001:db8::1]@[ff3e::1]:5000', { ...plain, group: 'ff3e::1', port: 5000, sources: ['2001:db8::1'] }],
  ['rtp://@239.1.1.1', { ...plain, protocol: 'rtp', group: '239.1.1.1', port: 5004 }],
  ['RTP://@[ff15::1%25eth0]:5006', { ...plain, protocol: 'rtp', group: 'ff15::1', port: 5006, interface: 'eth0' }],
  ['udp4://@239.1.1.1:5000', { ...plain, group: '239.1.1.1', port: 5000 }],
  // ffmpeg
  ['udp://239.1.1.1:5000', { ...plain, group: '239.1.1.1', port: 5000 }],
  ['udp://239.1.1.1:5000?ttl=16', { ...plain, group: '239.1.1.1', port: 5000, hops: 16 }],
  [
    'udp://239.1.1.1:5000?sources=10.0.0.1,10.0.0.2&localaddr=10.0.0.9&fifo_size=50000&overrun_nonfatal=1',
    { ...plain, group: '239.1.1.1', port: 5000, sources: ['10.0.0.1', '10.0.0.2'], interface: '10.0.0.9' },
  ],
  ['udp://239.1.1.1:5000/?block=10.0.0.3#x', { ...plain, group: '239.1.1.1', port: 5000, blocked: ['10.0.0.3'] }],
  ['rtp://239.1.1.1:5000?sources=', { ...plain, protocol: 'rtp', group: '239.1.1.1', port: 5000 }],
]

const refused: [text: string, message: RegExp][] = [
  ['udp://239.1.1.1:5000?ttl=300', /ttl is a number from 0 to 255/],
  ['', /write it as GROUP/],
  ['   ', /write it as GROUP/],
  ['10.0.0.1', /10\.0\.0\.1 is not a group/],
  ['2001:db8::1', /2001:db8::1 is not a group/],
  ['example.org:5000', /'example\.org' is not an address; names are not looked up/],
  ['239.1.1', /'239\.1\.1' is not an address/],
  ['239.1.1.1:', /port is a number from 1 to 65535, not ''/],
  ['239.1.1.1:0', /not '0'/],
  ['239.1.1.1:65536', /not '65536'/],
  ['239.1.1.1:5e3', /not '5e3'/],
  ['239.1.1.1:-1', /not '-1'/],
  ['239.1.1.1:5000:1', /write it as GROUP/],
  ['[ff15::1', /write it as GROUP/],
  ['[239.1.1.1', /write it as GROUP/],
  ['udp://@:5000', /write it as GROUP/],
  ['udp://', /write it as GROUP/],
  ['http://239.1.1.1:80', /http:\/\/ is neither udp:\/\/ nor rtp:\/\//],
  ['host@239.1.1.1:5', /the source 'host' is not an address/],
  ['10.0.0.1:7@239.1.1.1:5', /a source has no port/],
  ['10.0.0.1,,10.0.0.2@239.1.1.1:5', /the source '' is not an address/],
  ['10.0.0.1,10.0.0.1@239.1.1.1:5', /10\.0\.0\.1 is named twice/],
  ['udp://10.0.0.1@232.1.1.1:5?sources=10.0.0.1', /10\.0\.0\.1 is named twice/],
  ['fd00::1@239.1.1.1:5', /not of one family/],
  ['239.1.1.2@239.1.1.1:5', /source 239\.1\.1\.2 is not the address of a host/],
  ['0.0.0.0@239.1.1.1:5', /not the address of a host/],
  ['::@ff3e::1', /not the address of a host/],
  ['10.0.0.1@udp://239.1.1.1:5', /write it as GROUP/],
  ['udp://10.0.0.1@232.1.1.1:5?block=10.0.0.2', /not both/],
]

describe('a channel as text', () => {
  it.each(table)('%j is understood', (text, expected) => {
    expect(parseChannel(text)).toEqual(expected)
  })

  it.each(refused)('%j is refused', (text, message) => {
    expect(() => parseChannel(text)).toThrow(SocketOptionError)
    expect(() => parseChannel(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_CHANNEL',
        reason: 'bad-value',
        message: expect.stringMatching(message),
      }),
    )
  })

  it.each([undefined, null, 5000, {}])('%s is refused, which is no text', (text) => {
    expect(() => parseChannel(text as unknown as string)).toThrow(SocketOptionError)
  })

  it('reads every channel it can be given', () => {
    const host4 = fc.tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255)).map(([a, b]) => `${a}.0.0.${b}`)
    const group4 = fc.tuple(fc.integer({ min: 224, max: 239 }), fc.nat(255)).map(([a, b]) => `${a}.0.0.${b}`)
    const port = fc.integer({ min: 1, max: 65535 })
    fc.assert(
      fc.property(fc.uniqueArray(host4, { maxLength: 4 }), group4, port, (sources, group, number) => {
        const expected = { ...plain, sources, group, port: number }
        const list = sources.join(',')
        expect(parseChannel(`${list}@${group}:${number}`)).toEqual(expected)
        expect(parseChannel(`udp://${list}@${group}:${number}`)).toEqual(expected)
        expect(parseChannel(`udp://${group}:${number}?sources=${list}`)).toEqual(expected)
      }),
    )
  })

  it('never throws anything else, whatever it is given', () => {
    const pieces = fc.constantFrom(
      '239.1.1.1',
      '10.0.0.1',
      'ff15::1',
      '[',
      ']',
      '@',
      ':',
      '%',
      '%25',
      ',',
      'udp://',
      '?sources=',
      '&',
      '#',
      '/',
      '7',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 10 }).map((part) => part.join('')),
    )
    fc.assert(
      fc.property(text, (hostile) => {
        try {
          parseChannel(hostile)
        } catch (error) {
          expect(error).toBeInstanceOf(SocketOptionError)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

it('reads IPv4-mapped addresses as IPv4, as dual-stack sockets tell them', () => {
  expect(parseChannel('[::ffff:10.0.0.1]@[::ffff:e801:101]:5000')).toMatchObject({
    group: '232.1.1.1',
    port: 5000,
    sources: ['10.0.0.1'],
  })
})
