// The addon's codecs, byte by byte: answers that are shorter and longer than the C type, and the ends of each range.
import { describe, expect, it } from 'vitest'
import { native } from '../../lib/binding/native.ts'

const encode = (ctype: string, value: unknown): string =>
  native.encode(native.codecs[ctype] as number, value).toString('hex')
const decode = (ctype: string, hex: string): unknown =>
  native.decode(native.codecs[ctype] as number, Buffer.from(hex, 'hex'))

const sockaddr4 = `0200${'1234'}c0000207${'00'.repeat(8)}`
const sockaddr6 = `0a00${'1234'}00000000${'20010db8000000000000000000000001'}00000000`

/** Of each C type: bytes, and what they say. */
const ROWS: [ctype: string, hex: string, value: unknown][] = [
  ['int', 'feffffff', -2],
  ['unsigned', 'feffffff', 0xfffffffe],
  ['u64', 'feffffffffffffff', 0xfffffffffffffffen],
  ['boolean', '01000000', true],
  ['timeval', '01000000000000000200000000000000', 1000.002],
  ['in_addr', 'c0000207', '192.0.2.7'],
  ['in6_addr', '20010db8000000000000000000000001', '2001:db8::1'],
  ['linger', '0100000002000000', { onoff: true, linger: 2 }],
  ['in6_pktinfo', '20010db800000000000000000000000103000000', { address: '2001:db8::1', interface: 3 }],
  ['ip_mreq', 'ef010101c0000207', { group: '239.1.1.1', interface: '192.0.2.7' }],
  ['ip_mreqn', 'ef010101c000020703000000', { group: '239.1.1.1', address: '192.0.2.7', interface: 3 }],
  ['ip_mreq_source', 'ef010101c0000207c0000208', { group: '239.1.1.1', interface: '192.0.2.7', source: '192.0.2.8' }],
  ['ipv6_mreq', 'ff15000000000000000000000000000103000000', { group: 'ff15::1', interface: 3 }],
  ['ucred', '010000000200000003000000', { pid: 1, uid: 2, gid: 3 }],
  ['sock_txtime', '0100000002000000', { clock: 1, flags: 2 }],
]

describe.each(ROWS)('%s', (ctype, hex, value) => {
  it('is written and read', () => {
    expect(encode(ctype, value)).toBe(hex)
    expect(decode(ctype, hex)).toEqual(value)
  })
  it('is read from a longer answer, however long', () => {
    for (const more of [1, 8, 300, 400, 5000]) expect(decode(ctype, hex + 'ee'.repeat(more))).toEqual(value)
  })
  it('has zeros for what a shorter answer lacks, or leaves the field out', () => {
    const bytes = Buffer.from(hex, 'hex')
    for (let length = 2; length < bytes.length; length++) {
      const short = bytes.subarray(0, length)
      const padded = Buffer.concat([short, Buffer.alloc(bytes.length - length)])
      const whole = decode(ctype, padded.toString('hex'))
      const told = decode(ctype, short.toString('hex'))
      if (typeof whole === 'object') expect(whole).toMatchObject(told as object)
      else expect(told).toEqual(whole)
      // A field is there only if all of it is.
      if (typeof whole === 'object' && length === bytes.length - 1)
        expect(Object.keys(told as object)).toEqual(Object.keys(whole as object).slice(0, -1))
    }
  })
})

describe('a number', () => {
  it.each([
    ['int', -(2 ** 31), 2 ** 31 - 1, [2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN, 1n, '1', true, null, undefined]],
    ['unsigned', 0, 2 ** 32 - 1, [2 ** 32, -1, 0.5, Number.POSITIVE_INFINITY]],
    ['byte', 0, 255, [256, -1, 0.5]],
    ['u64', 0n, 2n ** 64n - 1n, [2n ** 64n, -1n, 1, 0]],
  ])('of %s is from %s to %s', (ctype, least, most, wrong) => {
    for (const value of [least, most]) expect(decode(ctype, encode(ctype, value))).toBe(value)
    for (const value of wrong) expect(() => encode(ctype, value), `${value}`).toThrow(RangeError)
  })
  it('may be answered by one byte', () => {
    expect([decode('int', 'ff'), decode('unsigned', 'ff'), decode('byte', 'ff')]).toEqual([255, 255, 255])
    expect(decode('int', 'ff00')).toBe(255)
    expect(decode('int', '')).toBe(0)
  })
  it('is true if it is anything but 0', () => {
    expect(['00000000', '01000000', '00010000', 'ffffffff', '00', '01'].map((hex) => decode('boolean', hex))).toEqual([
      false,
      true,
      true,
      true,
      false,
      true,
    ])
    expect([encode('boolean', true), encode('boolean', false)]).toEqual(['01000000', '00000000'])
    for (const wrong of [0, 1, 'true', null]) expect(() => encode('boolean', wrong)).toThrow('not a boolean')
  })
})

describe('a time', () => {
  const parts = (milliseconds: number) => {
    const bytes = Buffer.from(encode('timeval', milliseconds), 'hex')
    return [Number(bytes.readBigInt64LE(0)), Number(bytes.readBigInt64LE(8))]
  }
  it('is kept to a microsecond, and carries over', () => {
    expect(parts(0)).toEqual([0, 0])
    expect(parts(999.9994)).toEqual([0, 999_999])
    expect(parts(999.9995)).toEqual([1, 0])
    expect(parts(1000)).toEqual([1, 0])
    expect(parts(1500.0004)).toEqual([1, 500_000])
    expect(parts(1500.0006)).toEqual([1, 500_001])
    expect(parts(Number.MAX_SAFE_INTEGER)).toEqual([9_007_199_254_740, 991_000])
  })
  it('is from 0 to the largest whole number', () => {
    for (const wrong of [-1, -0.001, Number.MAX_SAFE_INTEGER + 1, Number.NaN, '1', 1n, null])
      expect(() => parts(wrong as number)).toThrow('not a time in milliseconds')
  })
})

describe('text and bytes', () => {
  it('are written without a NUL, and read up to one', () => {
    expect(encode('string', 'lo')).toBe('6c6f')
    expect(encode('string', '')).toBe('')
    expect(['', '6c6f', '6c6f00', '6c6f006d', '006c'].map((hex) => decode('string', hex))).toEqual([
      '',
      'lo',
      'lo',
      'lo',
      '',
    ])
    expect(() => encode('string', 1)).toThrow('not a string')
  })
  it('are of any typed array, and nothing else', () => {
    expect(encode('bytes', new Uint8Array([1, 2]))).toBe('0102')
    expect(encode('bytes', new Uint16Array([1, 2]))).toBe('01000200')
    expect(encode('bytes', new Uint8Array(new SharedArrayBuffer(2)))).toBe('0000')
    expect(encode('bytes', new Uint8Array(0))).toBe('')
    for (const wrong of [new ArrayBuffer(2), new DataView(new ArrayBuffer(2)), [1], 'x', null, 1])
      expect(() => encode('bytes', wrong)).toThrow('not a Uint8Array')
    expect(decode('bytes', '010203')).toEqual(Buffer.from([1, 2, 3]))
    expect(() => encode('bytes', new Uint8Array(2 ** 31))).toThrow('longer than an int can say')
  })
  it('come in memory that has the length first, and grows', () => {
    for (const length of [0, 1, 320, 321, 4000, 8, 4001]) {
      const memory = decode('memory', 'ab'.repeat(length)) as ArrayBuffer
      expect(new BigUint64Array(memory, 0, 1)[0]).toBe(BigInt(length))
      expect(memory.byteLength).toBeGreaterThanOrEqual(8 + length)
      expect(memory.byteLength % 8).toBe(0)
      expect(Buffer.from(memory, 8, length)).toEqual(Buffer.alloc(length, 0xab))
    }
  })
})

describe('a socket address', () => {
  it('is of IPv4 or IPv6, with its family and its port', () => {
    expect(decode('sockaddr', sockaddr4)).toEqual({ family: 2, address: '192.0.2.7', port: 0x1234 })
    expect(decode('sockaddr', sockaddr6)).toEqual({ family: 10, address: '2001:db8::1', port: 0x1234 })
    expect(decode('sockaddr', '0100')).toEqual({ family: 1, address: '', port: 0 })
    expect(encode('sockaddr_storage', '192.0.2.7').slice(0, 32)).toBe(sockaddr4.replace('1234', '0000'))
    expect(encode('sockaddr_storage', '2001:db8::1').slice(0, 56)).toBe(sockaddr6.replace('1234', '0000'))
    expect(decode('sockaddr_storage', sockaddr6)).toBe('2001:db8::1')
    expect(encode('sockaddr_storage', '192.0.2.7').length).toBe(256)
  })
  it('may have the zone of an interface, by its name or its number', () => {
    const zoned = (zone: string) => Buffer.from(encode('sockaddr_storage', `fe80::1%${zone}`), 'hex').readUInt32LE(24)
    const lo = native.nameToIndex('lo')
    expect([zoned('lo'), zoned(`${lo}`), zoned('77777'), zoned(`${2 ** 31 - 1}`)]).toEqual([lo, lo, 77777, 2 ** 31 - 1])
    for (const wrong of ['0', '-1', `${2 ** 31}`, '1x', 'nosuch0', '', ' 1x'])
      expect(() => zoned(wrong), wrong).toThrow('is not an IPv4 or IPv6 address')
    const hex = encode('sockaddr_storage', 'fe80::1%77777')
    expect(decode('sockaddr_storage', hex)).toBe('fe80::1%77777')
    expect(decode('sockaddr_storage', encode('sockaddr_storage', 'fe80::1%lo'))).toBe('fe80::1%lo')
  })
  it('may be the longest there is: IPv4 within IPv6, each number in full, and a zone of 15 characters', () => {
    const address = '0000:0000:0000:0000:0000:ffff:255.255.255.255'
    const bytes = `${'00'.repeat(10)}ffffffffffff`
    expect(encode('in6_addr', `${address}%000000000077777`)).toBe(bytes)
    expect(() => encode('in6_addr', `${address}%nosuchinterface`)).toThrow('is not an IPv6 address')
    expect(encode('sockaddr_storage', `${address}%000000000077777`).slice(16, 56)).toBe(`${bytes}d12f0100`)
  })
  it('is refused with the text that was given', () => {
    const long = '1'.repeat(100)
    for (const wrong of ['x', '', '192.0.2', '192.0.2.7\0', '::1%lo%lo', long])
      expect(() => encode('sockaddr_storage', wrong)).toThrow(`'${wrong}' is not an IPv4 or IPv6 address`)
    for (const wrong of [1, null, {}]) expect(() => encode('sockaddr_storage', wrong)).toThrow('that value is not an')
    expect(() => encode('in_addr', '::1')).toThrow("'::1' is not an IPv4 address")
    expect(() => encode('in6_addr', '192.0.2.7')).toThrow("'192.0.2.7' is not an IPv6 address")
    expect(() => encode('in6_addr', '::1%nosuch0')).toThrow('is not an IPv6 address')
    expect(encode('in6_addr', '::1%lo')).toBe(`${'00'.repeat(15)}01`)
  })
})

describe('a struct with bytes', () => {
  const ZERO = { interface: 1, type: 2 }
  it('says how many of them are used', () => {
    expect(encode('packet_mreq', { ...ZERO, address: new Uint8Array([1, 2, 3]) })).toBe(
      '01000000020003000102030000000000',
    )
    expect(decode('packet_mreq', '01000000020003000102030000000000')).toEqual({
      ...ZERO,
      address: Buffer.from([1, 2, 3]),
    })
    // A length beyond the field is cut.
    expect(decode('packet_mreq', '0100000002000900aaaaaaaaaaaaaaaa')).toEqual({
      ...ZERO,
      address: Buffer.alloc(8, 0xaa),
    })
    expect(encode('packet_mreq', { ...ZERO, address: new Uint8Array(8) })).toBe(`0100000002000800${'00'.repeat(8)}`)
    expect(() => encode('packet_mreq', { ...ZERO, address: new Uint8Array(9) })).toThrow('address is too long')
    expect(() => encode('packet_mreq', { ...ZERO, address: 'x' })).toThrow('address is not a Uint8Array')
    expect(() => encode('packet_mreq', 7)).toThrow('an object is needed')
    expect(() => encode('linger', { onoff: 1, linger: 1 })).toThrow('onoff is not a boolean')
  })
})

describe('a program', () => {
  const step = { code: 0x8006, jt: 1, jf: 255, k: 0xfffffffe }
  it('is an array of up to 4096 instructions', () => {
    const hex = encode('sock_fprog', [step, { ...step, k: 1 }])
    expect(hex.slice(0, 4)).toBe('0200')
    expect(hex.slice(32)).toBe('068001fffeffffff068001ff01000000')
    expect(decode('sock_fprog', '068001fffeffffff068001ff01000000')).toEqual([step, { ...step, k: 1 }])
    expect(decode('sock_fprog', '068001fffeffffff068001ff010000')).toEqual([step])
    expect(decode('sock_fprog', '')).toEqual([])
    expect(encode('sock_fprog', []).length).toBe(32)
    expect(encode('sock_fprog', Array(4096).fill(step)).length).toBe(32 + 4096 * 16)
    expect(() => encode('sock_fprog', Array(4097).fill(step))).toThrow('the program is too long')
    expect(() => encode('sock_fprog', step)).toThrow('not an array of instructions')
    expect(() => encode('sock_fprog', [{ ...step, jt: 256 }])).toThrow('jt is not in range')
  })
})

describe('a filter of sources', () => {
  const own = { group: '239.1.1.1', interface: '192.0.2.7', mode: 1 }
  it('by local address has a count and that many sources', () => {
    const head = 'ef010101c000020701000000'
    expect(encode('ip_msfilter', { ...own, sources: [] })).toBe(`${head}00000000`)
    expect(encode('ip_msfilter', { ...own, sources: ['192.0.2.8', '192.0.2.9'] })).toBe(
      `${head}02000000c0000208c0000209`,
    )
    const read = (count: string, ...sources: string[]) => decode('ip_msfilter', head + count + sources.join(''))
    expect(read('02000000', 'c0000208', 'c0000209')).toEqual({ ...own, sources: ['192.0.2.8', '192.0.2.9'] })
    expect(read('01000000', 'c0000208', 'c0000209')).toEqual({ ...own, sources: ['192.0.2.8'] })
    // Sources that the answer has no room for, or only in part, are not there.
    expect(read('09000000', 'c0000208', 'c00002')).toEqual({ ...own, sources: ['192.0.2.8'] })
    expect(read('ffffffff')).toEqual({ ...own, sources: [] })
    expect(decode('ip_msfilter', head.slice(0, 16))).toEqual({
      group: own.group,
      interface: own.interface,
      sources: [],
    })
  })
  it('by index has socket addresses', () => {
    for (const [group, source] of [
      ['239.1.1.1', '192.0.2.8'],
      ['ff15::1', '2001:db8::8'],
    ]) {
      const value = { group, interface: 3, mode: 0, sources: [source, source] }
      const hex = encode('group_filter', value)
      expect(hex.length / 2).toBe(144 + 2 * 128)
      expect(decode('group_filter', hex)).toEqual(value)
      expect(decode('group_filter', hex.slice(0, -2))).toEqual({ ...value, sources: [source] })
    }
  })
})
