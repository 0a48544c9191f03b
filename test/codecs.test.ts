import { codecs, SocketOptionError } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { native } from '../lib/binding/native.ts'
import { type AnyCodec, rows } from './support/codec-values.ts'
import { fc } from './support/property.ts'

const NOT_CODECS = ['optional']
/** Codecs of values that only the kernel gives; the tests of the options check these. */
const READ_ONLY = [
  'mptcpFullInfo',
  'mptcpInfo',
  'mptcpSubflowAddresses',
  'mptcpTcpInfo',
  'netlinkGroups',
  'packetHeaderLength',
  'sctpAssocIds',
  'sctpAssocStats',
  'sctpAuthchunks',
  'sctpPrstatus',
  'sctpStatus',
  'sockaddr',
  'tcpAoKeys',
  'tcpCcInfo',
  'tcpConnectionInfo',
  'tcpInfo',
  'xdpOptions',
  'xdpStatistics',
]

const ctypeNumber = (ctype: string): number => {
  const found = native.codecs[ctype]
  if (found === undefined) throw new Error(`the addon has no codec ${ctype}`)
  return found
}

function encode(codec: AnyCodec, value: unknown): { ctype: string; bytes: Buffer } {
  const ctype = typeof codec.write === 'string' ? codec.write : codec.write(value)
  return { ctype, bytes: native.encode(ctypeNumber(ctype), codec.toNative(value)) }
}

/** The C types that are read without a question, and with one. */
const readTypes = ({ read }: { read: string | ((question: never) => string) }): string[] =>
  typeof read === 'string' ? [read] : [undefined, new Uint8Array(1)].map((question) => read(question as never))

/** Encodes a value to the bytes of the C type, and decodes them again. */
function through(codec: AnyCodec, value: unknown): unknown {
  const { ctype, bytes } = encode(codec, value)
  const decoded = native.decode(ctypeNumber(ctype), bytes)
  const types = readTypes(codec)
  // Of a struct that is asked for, the answer has the same bytes as what is written.
  const isRead = types.includes(ctype) || (ctype === 'bytes' && types.includes('exact_bytes'))
  return isRead ? codec.fromNative(decoded as never) : decoded
}

it('tries every codec there is', () => {
  const names = Object.keys(codecs).filter((name) => ![...NOT_CODECS, ...READ_ONLY].includes(name))
  expect(Object.keys(rows).toSorted()).toEqual(names.toSorted())
})

it('takes nothing for an object that only looks like one without fields', () => {
  const pretenders = {
    'a Map': new Map([['assoc_id', 1]]),
    'a Date': new Date(),
    'a promise that nobody awaited': Promise.resolve({}),
    'a list of nothing': [],
    'no bytes': new Uint8Array(),
  }
  const taken = Object.entries(codecs).flatMap(([name, codec]) => {
    if (typeof codec === 'function') return []
    return Object.entries(pretenders).flatMap(([what, value]) => {
      const verdict = (codec as AnyCodec).wrong(value)
      const isTaken = verdict === '' || verdict === false
      const isRight =
        /an array|a Uint8Array/.test((codec as AnyCodec).expects) &&
        (Array.isArray(value) || value instanceof Uint8Array)
      return isTaken && !isRight ? [`${name}: ${what}`] : []
    })
  })
  expect(taken).toEqual([])
})

it('takes null for no field that may be left out', () => {
  const key = { address: '192.0.2.1', algorithm: 'hmac(sha1)', key: new Uint8Array(4), sndid: 1, rcvid: 1 }
  for (const field of ['prefixLength', 'interface', 'maclen', 'set_current'])
    expect(codecs.tcpAoAdd.wrong({ ...key, [field]: null }), field).not.toBe('')
})

it('reads a struct that the kernel cut short', () => {
  expect(codecs.tcpAoInfo.fromNative(Buffer.alloc(0) as never)).toEqual({ ao_required: false, accept_icmps: false })
})

it('takes the least payload of TLS 1.3, which is one octet less than that of TLS 1.2', () => {
  expect(codecs.tlsPayloadLength.wrong(63)).toBe(false)
  expect(codecs.tlsPayloadLength.wrong(62)).toBe(true)
})

it('says which filter of a list is wrong, and how', () => {
  const right = { can_id: 1, can_mask: 2 }
  expect(codecs.canFilters.wrong([right, { can_id: -1, can_mask: 2 }])).toMatch(/^filter 1: can_id is -1, not a whole/)
  expect(codecs.canFilters.wrong([right, 7])).toMatch(/^filter 1 is 7, not \{ can_id, can_mask \}/)
})

it('tries every C type of the addon', () => {
  const written = Object.values(rows).flatMap(({ codec, values }) => [
    ...readTypes(codec),
    ...fc.sample(values, 50).map((value) => (typeof codec.write === 'string' ? codec.write : codec.write(value))),
  ])
  for (const name of READ_ONLY) written.push(...readTypes(codecs[name as 'sockaddr']))
  expect([...new Set(written)].toSorted()).toEqual(Object.keys(native.codecs).toSorted())
})

describe.each(Object.entries(rows))(
  '%s',
  (_, { codec, values, comesBackAs = (value) => value, wrong, nativeRefuses = true }) => {
    it('gives back what it was given, over its whole range', () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(codec.wrong(value)).toSatisfy((answer) => answer === false || answer === '')
          expect(through(codec, value)).toEqual(comesBackAs(value))
        }),
        { numRuns: 300 },
      )
    })

    it.runIf(wrong !== undefined)('refuses what is out of its range', () => {
      fc.assert(
        fc.property(wrong ?? fc.nat(), (value) => {
          expect(codec.wrong(value)).toSatisfy(
            (answer) => answer === true || (typeof answer === 'string' && answer !== ''),
          )
          // Without TypeScript's check the addon throws too: it never wraps a number around.
          if (nativeRefuses) expect(() => encode(codec, value)).toThrow()
        }),
        { numRuns: 300 },
      )
    })

    it('of anything at all, encodes what it lets through', () => {
      fc.assert(
        fc.property(fc.anything({ withBigInt: true, withTypedArray: true, withSparseArray: true }), (value) => {
          const answer = codec.wrong(value)
          if (answer === true || (typeof answer === 'string' && answer !== '')) return
          try {
            encode(codec, value)
          } catch (error) {
            // A name that no interface has.
            expect(error).toBeInstanceOf(SocketOptionError)
            expect(error).toMatchObject({ reason: 'no-interface' })
          }
        }),
        { numRuns: 300 },
      )
    })
  },
)

it('an answer of any length is decoded as far as it goes', () => {
  for (const [ctype, codec] of Object.entries(native.codecs)) {
    for (let length = 0; length <= 300; length++) {
      expect(() => native.decode(codec, new Uint8Array(length)), `${ctype} of ${length}`).not.toThrow()
    }
  }
})
