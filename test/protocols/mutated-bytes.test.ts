import { isIP } from 'node:net'
import { describe, expect, it } from 'vitest'
import { decodeEcho, encodeEchoRequest } from '../../lib/protocols/icmp-echo.ts'
import { decodeIgmp } from '../../lib/protocols/igmp.ts'
import { isMalformed, type Malformed } from '../../lib/protocols/malformed.ts'
import type { MembershipMessage } from '../../lib/protocols/membership-message.ts'
import { decodeMembershipPacket } from '../../lib/protocols/membership-packet.ts'
import { decodeMld } from '../../lib/protocols/mld.ts'
import { decodeRtp } from '../../lib/protocols/rtp.ts'
import { decodeSap, encodeSap } from '../../lib/protocols/sap.ts'
import { parseSdp } from '../../lib/protocols/sdp.ts'
import { decodeNtp, encodeNtp } from '../../lib/protocols/sntp.ts'
import { decodePing, encodePing, type PingMessage } from '../../lib/protocols/ssmping.ts'
import { decodeUdpPacket } from '../../lib/protocols/udp-packet.ts'
import { isWhole, isWithin, mutated, mutatedText } from '../support/mutated.ts'
import { fc } from '../support/property.ts'

const RUNS = Number(process.env.SOCKCTL_FUZZ_RUNS ?? 2000)
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
const isIpv4 = (text: string) => isIP(text) === 4
const isIpv6 = (text: string) => isIP(text) === 6

/** Decodes mutations of valid bytes: each is malformed in words, or holds what the check asks for. */
function holds<T extends object>(
  valid: readonly Uint8Array[],
  decode: (bytes: Uint8Array) => T | undefined,
  check: (decoded: Exclude<T, Malformed>, bytes: Uint8Array) => void,
) {
  let decoded = 0
  const property = fc.property(mutated(...valid), (bytes) => {
    const before = bytes.slice()
    const result = decode(bytes)
    expect(bytes).toEqual(before)
    if (result === undefined) return
    if (isMalformed(result)) {
      expect(result.malformed).toMatch(/^[\x20-\x7e]{5,200}$/)
      return
    }
    decoded++
    check(result as Exclude<T, Malformed>, bytes)
  })
  fc.assert(property, { numRuns: RUNS })
  // Else the check has seen next to nothing.
  expect(decoded).toBeGreaterThan(RUNS / 20)
}

function checkMessage(message: MembershipMessage, bytes: Uint8Array) {
  const isAddress = message.protocol === 'IGMP' ? isIpv4 : isIpv6
  const size = message.protocol === 'IGMP' ? 4 : 16
  if (message.type === 'other') {
    expect(isWhole(message.code, 0, 255)).toBe(true)
    expect(message.name).not.toBe('')
  } else if (message.type === 'query') {
    const { group, sources, maxResponseTime, robustness = 0, queryInterval = 0 } = message
    expect(group === undefined || isAddress(group)).toBe(true)
    expect(sources.every(isAddress) && sources.length * size <= bytes.length).toBe(true)
    expect(isWhole(maxResponseTime, 0, 8_387_584)).toBe(true)
    expect(isWhole(robustness, 0, 7) && isWhole(queryInterval, 0, 31_744)).toBe(true)
  } else if (message.type === 'records') {
    let length = 8
    for (const { type, name, group, sources, auxiliaryLength } of message.records) {
      expect(isWhole(type, 0, 255) && name !== '' && isAddress(group) && sources.every(isAddress)).toBe(true)
      length += 4 + (1 + sources.length) * size + auxiliaryLength
    }
    expect(length).toBeLessThanOrEqual(bytes.length)
  } else expect(isAddress(message.group)).toBe(true)
}

const IGMP = ['1164 ee9b 00000000', '1164 e5bd e8010203 0a7d 0001 0a000001', '1600 f9fc ef010101', '1700 f8fc ef010101']
const IGMP_REPORT = '2200 0000 0000 0002 0101 0002 ef010101 0a000001 0a000002 cafecafe 0400 0000 ef010102'
const MLD = [
  `8200 0000 2710 0000 ${'00'.repeat(16)}`,
  `8200 0000 2710 0000 ff15${'00'.repeat(13)}01 0a7d 0001 fe80${'00'.repeat(13)}09`,
  `8f00 0000 0000 0001 0401 0001 ff15${'00'.repeat(13)}01 fe80${'00'.repeat(13)}09 cafecafe`,
]
const IPV4 = '46c00028 00004000 01020000 0a000001 e0000016 94040000 2200 0000 0000 0001 0400 0000 ef010102'
const IPV6 = `60000000 0024 00 01 fe80${'00'.repeat(13)}02 ff02${'00'.repeat(13)}16 3a00 0502 0000 0100 8f00 0000 0000 0001 0400 0000 ff15${'00'.repeat(13)}01`
const UDP4 = '4500001e 00010000 40110000 0a000001 ef010101 0bb81388 000a0000 6869'
const UDP6 = `60000000 0012 2c 05 fe80${'00'.repeat(13)}02 ff15${'00'.repeat(13)}01 1100 0001 00000001 0bb81388 000a0000 6869`

describe('changed bytes are malformed, or decoded to values in their ranges', () => {
  it('IGMP', () => holds([...IGMP, IGMP_REPORT].map(hex), decodeIgmp, checkMessage))

  it('MLD', () => holds(MLD.map(hex), (bytes) => decodeMld(bytes), checkMessage))

  it('packets of IGMP and MLD', () =>
    holds([hex(IPV4), hex(IPV6)], decodeMembershipPacket, ({ source, destination, hopLimit, message }, bytes) => {
      const isAddress = message.protocol === 'IGMP' ? isIpv4 : isIpv6
      expect(isAddress(source) && isAddress(destination) && isWhole(hopLimit, 0, 255)).toBe(true)
      checkMessage(message, bytes)
    }))

  it('packets of UDP', () =>
    holds(
      [hex(UDP4), hex(UDP6)],
      decodeUdpPacket,
      ({ source, destination, hopLimit, destinationPort, length, fragment }) => {
        expect(isIP(source)).toBe(isIP(destination))
        expect(isIP(source)).toBeGreaterThan(0)
        expect(isWhole(hopLimit, 0, 255)).toBe(true)
        expect(isWhole(destinationPort ?? 0, 0, 65_535) && isWhole(length ?? 0, 0, 65_527)).toBe(true)
        expect(destinationPort !== undefined || fragment).toBe(true)
      },
    ))

  it('ICMP echoes', () => {
    const echo = { identifier: 0xbeef, sequence: 7, payload: hex('0102030405') }
    for (const family of [4, 6] as const)
      expect(decodeEcho(family, encodeEchoRequest(family, echo))).toEqual({ type: 'request', ...echo })
    for (const family of [4, 6] as const)
      holds(
        [encodeEchoRequest(family, echo)],
        (bytes) => decodeEcho(family, bytes),
        (decoded, bytes) => {
          expect(['request', 'reply']).toContain(decoded.type)
          expect(isWhole(decoded.identifier, 0, 65_535) && isWhole(decoded.sequence, 0, 65_535)).toBe(true)
          expect(isWithin(decoded.payload, bytes) && decoded.payload.length === bytes.length - 8).toBe(true)
        },
      )
  })

  it('RTP', () => {
    const packet = '90 e0 ffff 00000001 deadbeef bede 0001 cafecafe 0102030405'
    const padded = 'b2 60 0001 ffffffff 00000001 00000002 00000003 0000 0000 0102 000003'
    holds([hex(packet), hex(padded)], decodeRtp, (decoded, bytes) => {
      const { payloadType, sequence, timestamp, ssrc, csrcs, extension, payload } = decoded
      expect(isWhole(payloadType, 0, 127) && isWhole(sequence, 0, 65_535)).toBe(true)
      expect([timestamp, ssrc, ...csrcs].every((word) => isWhole(word, 0, 0xffffffff))).toBe(true)
      expect(csrcs.length).toBeLessThan(16)
      expect(isWithin(payload, bytes)).toBe(true)
      expect(
        extension === undefined || (isWithin(extension.data, bytes) && isWhole(extension.profile, 0, 65_535)),
      ).toBe(true)
      const extended = extension === undefined ? 0 : 4 + extension.data.length
      expect(12 + csrcs.length * 4 + extended + payload.length).toBeLessThanOrEqual(bytes.length)
    })
  })

  it('SAP', () => {
    const payload = new Uint8Array(Buffer.from('v=0\no=- 1 1 IN IP4 10.0.0.1\ns=x\n'))
    const packets = [
      encodeSap({ source: '10.0.0.1', payload, authentication: hex('01020304') }),
      encodeSap({ source: 'fe80::1', payload, deletion: true, messageIdHash: 0 }),
      encodeSap({ source: '10.0.0.1', payload, compressed: true }),
      encodeSap({ source: '10.0.0.1', payload, encrypted: true }),
    ]
    holds(
      packets,
      (bytes) => decodeSap(bytes, { maxInflated: 500 }),
      (decoded, bytes) => {
        expect(isIP(decoded.source)).toBeGreaterThan(0)
        expect(isWhole(decoded.messageIdHash, 0, 65_535)).toBe(true)
        expect(isWithin(decoded.authentication, bytes) && decoded.authentication.length % 4).toBe(0)
        expect(decoded.payloadType).toMatch(decoded.encrypted ? /^$/ : /^[\w.+-]+\/[\w.+-]+$/)
        const inflated = decoded.compressed && !decoded.encrypted
        expect(inflated ? decoded.payload.length <= 500 : isWithin(decoded.payload, bytes)).toBe(true)
      },
    )
  })

  it('NTP', () => {
    const now = (3_900_000_000n << 32n) | 5n
    const packets = [
      encodeNtp(),
      encodeNtp({ mode: 'broadcast', stratum: 1, poll: 6, precision: -20, referenceId: 0x47505300, transmit: now }),
    ]
    holds(packets, decodeNtp, (decoded) => {
      expect(['none', 'insert', 'delete', 'unsynchronized']).toContain(decoded.leap)
      expect(decoded.mode).toMatch(/^[a-z-]+$/)
      expect(isWhole(decoded.version, 1, 4) && isWhole(decoded.stratum, 0, 255)).toBe(true)
      expect(isWhole(decoded.poll, -128, 127) && isWhole(decoded.precision, -128, 127)).toBe(true)
      expect(Math.abs(decoded.rootDelay)).toBeLessThanOrEqual(32_768)
      expect(decoded.rootDispersion >= 0 && decoded.rootDispersion < 65_536).toBe(true)
      expect(isWhole(decoded.referenceId, 0, 0xffffffff)).toBe(true)
      for (const time of [decoded.reference, decoded.origin, decoded.receive, decoded.transmit])
        expect(time >= 0n && time < 1n << 64n).toBe(true)
      // What is decoded can be encoded again.
      expect(decodeNtp(encodeNtp(decoded))).toEqual(decoded)
    })
  })

  it('ssmping', () => {
    const message: PingMessage = {
      type: 'request',
      version: 2,
      clientId: hex('01020304'),
      sequence: 9,
      clientTime: 1_700_000_000_000_001n,
      group: '232.1.2.3',
      optionRequest: [6, 9],
      serverInformation: 'x',
      hopLimit: 64,
      prefixes: [{ family: 4, length: 8, address: '232.0.0.0' }],
      sessionId: hex('05'),
      serverTime: 5n,
    }
    const { version: _, ...old } = message
    const packets = [encodePing(message), encodePing({ ...old, group: 'ff3e::1', type: 'reply' })]
    holds(packets, decodePing, (decoded, bytes) => {
      expect(['request', 'reply', 'init', 'response']).toContain(decoded.type)
      expect(isWhole(decoded.version ?? 0, 0, 255) && isWhole(decoded.hopLimit ?? 0, 0, 255)).toBe(true)
      expect(isWhole(decoded.sequence ?? 0, 0, 0xffffffff)).toBe(true)
      expect(decoded.group === undefined || isIP(decoded.group) > 0).toBe(true)
      for (const part of [decoded.clientId, decoded.sessionId])
        expect(part === undefined || isWithin(part, bytes)).toBe(true)
      expect((decoded.optionRequest ?? []).every((type) => isWhole(type, 0, 65_535))).toBe(true)
      for (const { family, length, address } of decoded.prefixes ?? []) {
        expect(isIP(address)).toBe(family)
        expect(isWhole(length, 0, family === 4 ? 32 : 128)).toBe(true)
      }
      for (const time of [decoded.clientTime ?? 0n, decoded.serverTime ?? 0n])
        expect(time >= 0n && time < (1n << 32n) * 1_000_001n).toBe(true)
    })
  })

  it('SDP', () => {
    const text = [
      'v=0',
      'o=- 7 8 IN IP4 10.0.0.1',
      's=a name',
      'c=IN IP4 239.1.1.1/15/2',
      't=3900000000 3900003600',
      'a=source-filter: incl IN IP4 * 10.0.0.1 10.0.0.2',
      'm=audio 5004/2 RTP/AVP 0 97',
      'a=rtpmap:97 L24/48000/2',
      'm=video 6000 udp 33',
      'c=IN IP6 ff15::1',
      'a=source-filter: excl IN IP6 ff15::1 fe80::9',
      '',
    ].join('\r\n')
    let streams = 0
    const property = fc.property(mutatedText(text, text.replaceAll('\r', '')), (changed) => {
      const session = parseSdp(changed)
      if (isMalformed(session)) return
      expect(session.version >= 0n).toBe(true)
      expect(session.ends === undefined || Math.abs(session.ends) <= 8.64e15).toBe(true)
      expect((session.problems ?? []).length).toBeLessThanOrEqual(16)
      for (const problem of session.problems ?? []) expect(problem.length).toBeLessThan(300)
      for (const { group, port, ttl, clockRate = 1, sources, blocked } of session.streams) {
        streams++
        expect(isIP(group)).toBeGreaterThan(0)
        expect(isWhole(port, 1, 65_535) && isWhole(ttl ?? 0, 0, 255) && isWhole(clockRate, 1, 2 ** 32 - 1)).toBe(true)
        expect(sources.length === 0 || blocked.length === 0).toBe(true)
        for (const source of [...sources, ...blocked]) expect(source).toMatch(/^[\w.:-]+$/)
      }
    })
    fc.assert(property, { numRuns: RUNS })
    expect(streams).toBeGreaterThan(RUNS)
  })
})
