import { isDeepStrictEqual } from 'node:util'
import { codecs } from 'sockctl'
import { expect } from 'vitest'
import { canonical } from '../../lib/net/address.ts'
import { type AnyCodec, integer, notInteger, type Row, row } from './codec-rows.ts'
import { type Arbitrary, fc } from './property.ts'

const u8 = integer(0, 255)
const u16 = integer(0, 65535)
const u32 = integer(0, 2 ** 32 - 1)
const i32 = integer(-(2 ** 31), 2 ** 31 - 1)
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const NO_OBJECT = fc.constantFrom(null, undefined, 7, 'text', true, 1n, {}, [])

const address6 = fc
  .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((words) => words.map((word) => word.toString(16)).join(':'))
const inOrder = <T extends string>(names: readonly T[]) => fc.subarray([...names])
const octets = (least: number, most: number) => fc.uint8Array({ minLength: least, maxLength: most })

/** An enumeration: its names, and a number it has no name for. */
const names = (codec: AnyCodec, all: readonly string[], wrong: unknown[] = []) =>
  row({
    codec,
    values: fc.constantFrom<string | number>(...all, 99),
    wrong: fc.constantFrom(
      'no such name',
      '',
      'toString',
      1.5,
      Number.NaN,
      null,
      undefined,
      true,
      {},
      [],
      1n,
      ...wrong,
    ),
    nativeRefuses: false,
  })

/** A set of flags, from the lowest bit to the highest. */
const set = (codec: AnyCodec, all: readonly string[]) =>
  row({
    codec,
    values: inOrder(all),
    wrong: fc.constantFrom(['no such flag'], 'text', 7, null, undefined, {}, [1.5], [-1], [null], ['toString']),
    nativeRefuses: false,
  })

/** A struct of numbers by its fields; `given` are the ones that may be left out. */
const struct = (
  codec: AnyCodec,
  fields: Record<string, Arbitrary<number | bigint>>,
  given: Record<string, number> = {},
) =>
  row({
    codec,
    values: fc.record(fields, { requiredKeys: Object.keys(fields).filter((name) => !(name in given)) }),
    comesBackAs: (value) => ({ ...given, ...(value as object) }),
    wrong: fc.oneof(
      fc.constantFrom(null, undefined, 7, 'text', true, 1n),
      fc.record({ ...fields, [Object.keys(fields)[0] as string]: fc.constantFrom('1', 1.5, -(2 ** 40), {}) }),
    ),
    nativeRefuses: false,
  })

const ANY_ASSOC = { assoc_id: 0 }
const instruction = fc.record({ code: u16, jt: u8, jf: u8, k: u32 }, { noNullPrototype: true })
const type = (most: number) => fc.uniqueArray(fc.integer({ min: 0, max: most }), { maxLength: 12 })
const sorted = (list: number[]) => list.toSorted((a, b) => a - b)

const icmp = (codec: AnyCodec, most: number) =>
  row({
    codec,
    values: fc.oneof(
      type(most).map((pass) => ({ pass })),
      type(most).map((block) => ({ block })),
    ),
    comesBackAs: (value) => ('pass' in value ? { pass: sorted(value.pass) } : { block: sorted(value.block) }),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.constantFrom({ pass: [most + 1] }, { block: [-1] }, { pass: [], block: [] }, { pass: 1 }),
    ),
    nativeRefuses: false,
  })

const TIMESTAMPING = [
  'TX_HARDWARE',
  'TX_SOFTWARE',
  'RX_HARDWARE',
  'RX_SOFTWARE',
  'SOFTWARE',
  'SYS_HARDWARE',
  'RAW_HARDWARE',
  'OPT_ID',
  'TX_SCHED',
  'TX_ACK',
  'OPT_CMSG',
  'OPT_TSONLY',
  'OPT_STATS',
  'OPT_PKTINFO',
  'OPT_TX_SWHW',
  'BIND_PHC',
  'OPT_ID_TCP',
  'OPT_RX_FILTER',
  'TX_COMPLETION',
]
const CLOCKS = ['realtime', 'monotonic', 'boottime', 'tai']
const onLoopback = fc.oneof(integer(0, 2 ** 31 - 1), fc.constant('lo'))
const indexOf = (on: string | number) => (on === 'lo' ? 1 : on)

const group4 = fc.tuple(integer(224, 239), u8, u8, u8).map((octets) => octets.join('.'))
const source4 = fc.tuple(integer(1, 223), u8, u8, u8).map((octets) => octets.join('.'))
const group6 = address6.map((text) => text.replace(/^[^:]*/, 'ff1e'))
const source6 = address6.map((text) => text.replace(/^[^:]*/, '2001'))
const vif = integer(0, 31)
const canonicalFields = (value: object) =>
  Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      typeof field === 'string' ? (canonical(field) ?? field) : field,
    ]),
  )
const filledUp = (list: readonly number[] = []) => [...list, ...new Array(32 - list.length).fill(0)]

const address4or6 = fc.oneof(source4, source6)
const sockaddrOf = ({ address, port = 0 }: { address: string; port?: number }) => ({
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  address: canonical(address),
  port,
})
const peer = fc.record({ address: address4or6, port: u16 }, { requiredKeys: ['address'] })

/** A struct that begins with an association and an address. */
const ofAddress = (codec: AnyCodec, fields: Record<string, Arbitrary<unknown>> = {}, given: object = {}) =>
  row({
    codec,
    values: fc.record(
      { assoc_id: i32, address: peer, ...fields },
      { requiredKeys: Object.keys(fields).filter((name) => !(name in given)) as never[] },
    ),
    comesBackAs: ({ address, ...rest }) => ({
      ...{ assoc_id: 0 },
      ...given,
      ...rest,
      address: address === undefined ? { family: 0 } : sockaddrOf(address as { address: string }),
    }),
    wrong: fc.oneof(
      fc.constantFrom(null, undefined, 7, 'text', { assoc_id: '1' }, { address: '192.0.2.1' }, { other: 1 }),
      fc.record({
        address: fc.record({ address: address4or6, port: notInteger(0, 65535).filter((x) => x !== undefined) }),
      }),
    ),
    nativeRefuses: false,
  })

const CIPHERS = {
  'aes-gcm-128': [8, 16, 4],
  'aes-gcm-256': [8, 32, 4],
  'chacha20-poly1305': [12, 32, 0],
  'sm4-ccm': [8, 16, 4],
}
const cryptoInfo = (lengths: (cipher: keyof typeof CIPHERS) => number[]) =>
  fc.constantFrom(...(Object.keys(CIPHERS) as (keyof typeof CIPHERS)[])).chain((cipher) => {
    const [iv = 0, key = 0, salt = 0] = lengths(cipher)
    const bytesOf = (length: number) => octets(length, length).map((bytes) => Buffer.from(bytes))
    return fc.record({
      ...{ version: fc.constantFrom('1.2', '1.3'), cipher: fc.constant(cipher) },
      ...{ iv: bytesOf(iv), key: bytesOf(key), salt: bytesOf(salt), rec_seq: bytesOf(8) },
    })
  })

const aoKey = {
  address: address4or6,
  prefixLength: integer(0, 32),
  interface: fc.constantFrom(7, 'lo'),
  sndid: u8,
  rcvid: u8,
}
const NOT_AO_KEY = fc.constantFrom(
  {},
  { address: 'nowhere', sndid: 1, rcvid: 1 },
  { address: '192.0.2.1', sndid: 256, rcvid: 1 },
  { address: '192.0.2.1', sndid: 1, rcvid: 1, prefixLength: 33 },
  { address: '192.0.2.1', sndid: 1, rcvid: 1, other: 1 },
)
const ISOTP = [
  ...['LISTEN_MODE', 'EXTEND_ADDR', 'TX_PADDING', 'RX_PADDING', 'CHK_PAD_LEN', 'CHK_PAD_DATA', 'HALF_DUPLEX'],
  ...['FORCE_TXSTMIN', 'FORCE_RXSTMIN', 'RX_EXT_ADDR', 'WAIT_TX_DONE', 'SF_BROADCAST', 'CF_BROADCAST', 'DYN_FC_PARMS'],
]
const PATH = [
  ...['HB_ENABLE', 'HB_DISABLE', 'HB_DEMAND', 'PMTUD_ENABLE', 'PMTUD_DISABLE', 'SACKDELAY_ENABLE'],
  ...['SACKDELAY_DISABLE', 'HB_TIME_IS_ZERO', 'IPV6_FLOWLABEL', 'DSCP'],
]
const NO_COUNTS = { pkt_good: 0n, pkt_bad: 0n, pkt_key_not_found: 0n, pkt_ao_required: 0n, pkt_dropped_icmp: 0n }

/** The codecs of single options, a row each. */
export const optionRows: Record<string, Row> = {
  canFilters: row({
    codec: codecs.canFilters,
    values: fc.array(fc.record({ can_id: u32, can_mask: u32 }, { noNullPrototype: true }), { maxLength: 512 }),
    wrong: fc.constantFrom(
      null,
      7,
      [{ can_id: 1 }],
      [{ can_id: -1, can_mask: 0 }],
      new Array(513).fill({ can_id: 1, can_mask: 1 }),
    ),
    nativeRefuses: false,
  }),
  canVcidOptions: row({
    codec: codecs.canVcidOptions,
    values: fc.record(
      { flags: inOrder(['TX_SET', 'TX_PASS', 'RX_FILTER']), tx_vcid: u8, rx_vcid: u8, rx_vcid_mask: u8 },
      { noNullPrototype: true },
    ),
    wrong: fc.oneof(fc.constantFrom(null, 7), fc.record({ flags: fc.constantFrom(7, ['other']) })),
    nativeRefuses: false,
  }),
  isotpOptions: row({
    codec: codecs.isotpOptions,
    values: fc.record(
      {
        flags: inOrder(ISOTP),
        frame_txtime: u32,
        ext_address: u8,
        txpad_content: u8,
        rxpad_content: u8,
        rx_ext_address: u8,
      },
      { noNullPrototype: true },
    ),
    wrong: fc.oneof(fc.constantFrom(null, 7), fc.record({ flags: fc.constantFrom(7, ['other']) })),
    nativeRefuses: false,
  }),
  isotpFlowControl: struct(codecs.isotpFlowControl, { bs: u8, stmin: u8, wftmax: u8 }),
  isotpLinkLayer: struct(codecs.isotpLinkLayer, { mtu: u8, tx_dl: u8, tx_flags: u8 }),
  j1939Filters: row({
    codec: codecs.j1939Filters,
    values: fc.array(
      fc.record(
        { name: u64, name_mask: u64, pgn: u32, pgn_mask: u32, addr: u8, addr_mask: u8 },
        { noNullPrototype: true },
      ),
    ),
    wrong: fc.constantFrom(null, 7, [{ name: 1 }], [{ addr: 256 }], [{ other: 1 }]),
    nativeRefuses: false,
  }),
  sctpAuthkey: row({
    codec: codecs.sctpAuthkey,
    values: fc.record({ assoc_id: i32, keynumber: u16, key: octets(0, 300) }),
    comesBackAs: ({ assoc_id, keynumber, key }) => {
      const head = Buffer.alloc(8)
      head.writeInt32LE(assoc_id)
      head.writeUInt16LE(keynumber, 4)
      head.writeUInt16LE(key.length, 6)
      return Buffer.concat([head, key])
    },
    wrong: fc.constantFrom(
      null,
      {},
      { keynumber: 1 },
      { keynumber: 65536, key: new Uint8Array(1) },
      { keynumber: 1, key: new Uint8Array(65536) },
    ),
    nativeRefuses: false,
  }),
  sctpHmacalgo: row({
    codec: codecs.sctpHmacalgo,
    values: fc.array(fc.constantFrom('sha1', 'sha256', 7), { minLength: 1, maxLength: 64 }),
    wrong: fc.constantFrom(null, [], 'sha1', ['md5'], [65536], new Array(65).fill('sha1')),
    nativeRefuses: false,
  }),
  sctpResetStreams: row({
    codec: codecs.sctpResetStreams,
    values: fc.record({ flags: inOrder(['incoming', 'outgoing']), streams: fc.array(u16) }),
    comesBackAs: ({ flags, streams }) => {
      const bits = (flags.includes('incoming') ? 1 : 0) + (flags.includes('outgoing') ? 2 : 0)
      const words = new Uint16Array([0, 0, bits, streams.length, ...streams])
      return Buffer.from(words.buffer)
    },
    wrong: fc.constantFrom(null, {}, { flags: ['other'] }, { flags: [], streams: [65536] }, { flags: [], streams: 1 }),
    nativeRefuses: false,
  }),
  sctpPrim: ofAddress(codecs.sctpPrim),
  sctpPaddrparams: ofAddress(
    codecs.sctpPaddrparams,
    {
      hbinterval: u32,
      pathmaxrxt: u16,
      pathmtu: u32,
      sackdelay: u32,
      flags: inOrder(PATH),
      ipv6_flowlabel: u32,
      dscp: u8,
    },
    { hbinterval: 0, pathmaxrxt: 0, pathmtu: 0, sackdelay: 0, flags: [], ipv6_flowlabel: 0, dscp: 0 },
  ),
  sctpPaddrinfo: ofAddress(
    codecs.sctpPaddrinfo,
    {
      state: fc.constantFrom('INACTIVE', 'PF', 'ACTIVE', 'UNCONFIRMED', 'UNKNOWN', 99),
      cwnd: u32,
      srtt: u32,
      rto: u32,
      mtu: u32,
    },
    { state: 'INACTIVE', cwnd: 0, srtt: 0, rto: 0, mtu: 0 },
  ),
  sctpPaddrthlds: ofAddress(codecs.sctpPaddrthlds, { pathmaxrxt: u16, pathpfthld: u16 }),
  sctpPaddrthldsV2: ofAddress(codecs.sctpPaddrthldsV2, { pathmaxrxt: u16, pathpfthld: u16, pathcpthld: u16 }),
  sctpUdpencaps: ofAddress(codecs.sctpUdpencaps, { port: u16 }),
  sctpProbeinterval: ofAddress(codecs.sctpProbeinterval, { interval: u32 }),
  tcpAoAdd: row({
    codec: codecs.tcpAoAdd,
    values: fc.record(
      {
        ...aoKey,
        algorithm: fc.constantFrom('hmac(sha1)', 'cmac(aes128)', 'a'.repeat(63)),
        key: octets(0, 80),
        maclen: u8,
        ...{ exclude_options: fc.boolean(), set_current: fc.boolean(), set_rnext: fc.boolean() },
      },
      { requiredKeys: ['address', 'sndid', 'rcvid', 'algorithm', 'key'] },
    ),
    comesBackAs: ({ address, exclude_options = false, set_current = false, set_rnext = false, ...rest }) => ({
      ...{ address: sockaddrOf({ address }), reserved2: 0, maclen: rest.maclen ?? 0, algorithm: rest.algorithm },
      ...{ sndid: rest.sndid, rcvid: rest.rcvid, interface: indexOf(rest.interface ?? 0) },
      prefixLength: rest.prefixLength ?? (address.includes(':') ? 128 : 32),
      set: { set_current, set_rnext },
      keyflags: (rest.interface === undefined ? 0 : 1) + (exclude_options ? 2 : 0),
      ...{ keylen: rest.key.length, key: Buffer.concat([rest.key, Buffer.alloc(80 - rest.key.length)]) },
    }),
    wrong: fc.oneof(
      NO_OBJECT,
      NOT_AO_KEY,
      fc.constantFrom({ ...{ address: '::1', sndid: 1, rcvid: 2 }, algorithm: 'x'.repeat(64), key: new Uint8Array(1) }),
    ),
    nativeRefuses: false,
  }),
  tcpAoDel: row({
    codec: codecs.tcpAoDel,
    values: fc.record(
      { ...aoKey, current_key: u8, rnext: u8, del_async: fc.boolean() },
      { requiredKeys: ['address', 'sndid', 'rcvid'] },
    ),
    comesBackAs: ({ address, current_key, rnext, del_async = false, ...rest }) => ({
      ...{ address: sockaddrOf({ address }), reserved2: 0, current_key: current_key ?? 0, rnext: rnext ?? 0 },
      ...{ sndid: rest.sndid, rcvid: rest.rcvid, interface: indexOf(rest.interface ?? 0) },
      prefixLength: rest.prefixLength ?? (address.includes(':') ? 128 : 32),
      set: { set_current: current_key !== undefined, set_rnext: rnext !== undefined, del_async },
      keyflags: rest.interface === undefined ? 0 : 1,
    }),
    wrong: fc.oneof(NO_OBJECT, NOT_AO_KEY),
    nativeRefuses: false,
  }),
  tcpAoInfo: row({
    codec: codecs.tcpAoInfo,
    values: fc.record(
      {
        ...{ current_key: u8, rnext: u8, ao_required: fc.boolean(), accept_icmps: fc.boolean() },
        ...{ pkt_good: u64, pkt_bad: u64, pkt_key_not_found: u64, pkt_ao_required: u64, pkt_dropped_icmp: u64 },
      },
      { requiredKeys: [] },
    ),
    comesBackAs: (value) => ({ ao_required: false, accept_icmps: false, ...NO_COUNTS, ...value }),
    wrong: fc.constantFrom(null, 7, { current_key: 256 }, { ao_required: 1 }, { pkt_good: 1 }, { other: 1 }),
    nativeRefuses: false,
  }),
  tcpAoRepair: struct(codecs.tcpAoRepair, { snt_isn: u32, rcv_isn: u32, snd_sne: u32, rcv_sne: u32 }),
  tlsCryptoInfo: row({
    codec: codecs.tlsCryptoInfo,
    values: cryptoInfo((cipher) => CIPHERS[cipher]),
    wrong: fc.oneof(
      NO_OBJECT,
      cryptoInfo((cipher) => CIPHERS[cipher].map((length) => length + 1)),
      fc.constantFrom({ version: '1.1', cipher: 'aes-gcm-128' }, { version: '1.3', cipher: 'rot13' }),
    ),
    nativeRefuses: false,
  }),
  tlsPayloadLength: row({
    codec: codecs.tlsPayloadLength,
    values: integer(63, 16_384),
    wrong: notInteger(63, 16_384),
    nativeRefuses: false,
  }),
  mfcctl: row({
    codec: codecs.mfcctl,
    values: fc.record(
      { source: source4, group: group4, parent: vif, ttls: fc.array(u8, { maxLength: 32 }) },
      { requiredKeys: ['group', 'parent'] },
    ),
    comesBackAs: ({ source = '0.0.0.0', group, parent, ttls }) => ({
      ...{ source, group, parent, ttls: filledUp(ttls) },
      ...{ pkt_cnt: 0, byte_cnt: 0, wrong_if: 0, expire: 0 },
    }),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.record({ group: source4, parent: vif }),
      fc.record({ group: group6, parent: vif }),
      fc.record({ group: group4, source: group4, parent: vif }),
      fc.record({ group: group4, parent: notInteger(0, 31) }),
      fc.record({ group: group4, parent: vif, ttls: fc.array(u8, { minLength: 33 }) }),
      fc.record({ group: group4, parent: vif, ttls: fc.tuple(notInteger(0, 255)) }),
      fc.record({ group: group4, parent: vif, ifset: fc.constant([1]) }),
    ),
    nativeRefuses: false,
  }),
  mf6cctl: row({
    codec: codecs.mf6cctl,
    values: fc.record(
      { source: source6, group: group6, parent: vif, ifset: fc.uniqueArray(vif) },
      { requiredKeys: ['group', 'parent'] },
    ),
    comesBackAs: ({ source = '::', group, parent, ifset = [] }) => ({
      ...canonicalFields({ source, group }),
      ...{ parent, ifset: sorted(ifset) },
    }),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.record({ group: source6, parent: vif }),
      fc.record({ group: group4, parent: vif }),
      fc.record({ group: fc.constant('ff02::1%lo'), parent: vif }),
      fc.record({ group: group6, parent: notInteger(0, 31) }),
      fc.record({ group: group6, parent: vif, ifset: fc.tuple(notInteger(0, 31)) }),
    ),
    nativeRefuses: false,
  }),
  vifctl: row({
    codec: codecs.vifctl,
    values: fc.record(
      {
        vifi: vif,
        interface: fc.oneof(source4, integer(0, 2 ** 31 - 1), fc.constant('lo')),
        register: fc.boolean(),
        threshold: u8,
        rate_limit: u32,
      },
      { requiredKeys: ['vifi'] },
    ),
    comesBackAs: ({ vifi, interface: on = '0.0.0.0', register = false, threshold = 1, rate_limit = 0 }) => {
      const byAddress = typeof on === 'string' && on !== 'lo'
      const index = Buffer.alloc(4)
      new Int32Array(index.buffer, index.byteOffset, 1)[0] = indexOf(on) as number
      return {
        ...{ vifi, flags: (register ? 4 : 0) | (byAddress ? 0 : 8), threshold, rate_limit },
        ...{ local: byAddress ? on : index.join('.'), remote: '0.0.0.0' },
      }
    },
    wrong: fc.oneof(
      NO_OBJECT,
      fc.record({ vifi: notInteger(0, 31) }),
      fc.record({ vifi: vif, interface: fc.constantFrom('::1', -1, 1.5, null) }),
      fc.record({ vifi: vif, remote: source4 }),
      fc.record({ vifi: vif, register: fc.constantFrom(1, 'true', null) }),
      fc.record({ vifi: vif, threshold: notInteger(0, 255).filter((value) => value !== undefined) }),
    ),
    nativeRefuses: false,
  }),
  mif6ctl: row({
    codec: codecs.mif6ctl,
    values: fc.record(
      {
        mifi: vif,
        interface: fc.oneof(integer(0, 65535), fc.constant('lo')),
        register: fc.boolean(),
        threshold: u8,
        rate_limit: u32,
      },
      { requiredKeys: ['mifi'] },
    ),
    comesBackAs: ({ mifi, interface: on = 0, register = false, threshold = 1, rate_limit = 0 }) => ({
      ...{ mifi, flags: register ? 1 : 0, threshold, pifi: indexOf(on), rate_limit },
    }),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.record({ mifi: notInteger(0, 31) }),
      fc.record({ mifi: vif, interface: fc.constantFrom('127.0.0.1', '::1', -1, 65536) }),
    ),
    nativeRefuses: false,
  }),
  mrtFlush: set(codecs.mrtFlush, ['mfc', 'mfc-static', 'vifs', 'vifs-static']),
  mrt6Flush: set(codecs.mrt6Flush, ['mfc', 'mfc-static', 'mifs', 'mifs-static']),
  netServiceType: names(codecs.netServiceType, ['BE', 'BK', 'SIG', 'VI', 'VO', 'RV', 'AV', 'OAM', 'RD']),
  mrtPim: names(codecs.mrtPim, ['off', 'on', 'wrong-interface']),
  addressPreferences: set(codecs.addressPreferences, [
    'temporary',
    'public',
    'public-or-temporary-default',
    'care-of',
    'home',
  ]),
  anyAddress: row({
    codec: codecs.anyAddress,
    values: fc.oneof(fc.ipV4(), address6),
    comesBackAs: canonical,
    wrong: fc.constantFrom('', 'host', '1.2.3', 1, null, undefined),
  }),
  anycast: row({
    codec: codecs.anycast,
    values: fc.tuple(address6, onLoopback).map(([address, on]) => ({ address, interface: on })),
    comesBackAs: ({ address, interface: on }) => ({ group: canonical(address), interface: indexOf(on) }),
    wrong: fc.oneof(NO_OBJECT, fc.constantFrom({ address: '1.2.3.4' }, { address: '::1', interface: -1 })),
    nativeRefuses: false,
  }),
  bpfProgram: row({
    codec: codecs.bpfProgram,
    values: fc.array(instruction, { minLength: 1, maxLength: 60 }),
    // The head, as long as two instructions, stays with the caller: the kernel answers with the program alone.
    comesBackAs: (value) => expect.toSatisfy((back: unknown[]) => isDeepStrictEqual(back.slice(2), value)),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.constantFrom(
        [{}],
        [null],
        [{ code: 1, jt: 256, jf: 0, k: 0 }],
        Array(4097).fill({ code: 6, jt: 0, jf: 0, k: 0 }),
      ),
    ),
    nativeRefuses: false,
  }),
  bufferLock: set(codecs.bufferLock, ['send', 'receive']),
  bytesOf: row({
    codec: codecs.bytesOf(2, 5),
    values: octets(2, 5),
    comesBackAs: (value) => Buffer.from(value),
    wrong: fc.oneof(octets(0, 1), octets(6, 9), fc.constantFrom('abc', [1, 2], null, undefined)),
    nativeRefuses: false,
  }),
  congestion: row({
    codec: codecs.congestion,
    values: fc.constantFrom('reno', 'cubic', 'fifteen-letters'),
    wrong: fc.constantFrom('sixteen-letters-', 'a\0b', 7, null, undefined),
    nativeRefuses: false,
  }),
  devmemTokens: row({
    codec: codecs.devmemTokens,
    values: fc.array(fc.record({ token: u32, count: u32 }), { minLength: 1, maxLength: 128 }),
    comesBackAs: (value) => Buffer.from(Uint32Array.from(value.flatMap(({ token, count }) => [token, count])).buffer),
    wrong: fc.oneof(NO_OBJECT, fc.constantFrom([{}], [{ token: -1, count: 1 }])),
    nativeRefuses: false,
  }),
  enumeration: names(codecs.enumeration({ one: 1, two: 2 }), ['one', 'two'], [2 ** 31]),
  fanout: row({
    codec: codecs.fanout,
    values: fc.record({
      id: u16,
      mode: fc.constantFrom('hash', 'lb', 'cpu', 'rollover', 'rnd', 'qm', 'cbpf', 'ebpf'),
      flags: inOrder(['rollover', 'uniqueId', 'ignoreOutgoing', 'defragment']),
    }),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.constantFrom({ id: 65536, mode: 'lb' }, { id: 1, mode: 'x' }, { id: 1, mode: 'lb', flags: ['x'] }),
      fc.constantFrom({ id: 1, mode: 'lb', max_num_members: 0 }, { id: 1, mode: 'lb', max_num_members: 65537 }),
    ),
    nativeRefuses: false,
  }),
  fanoutProgram: row({
    codec: codecs.fanoutProgram,
    values: fc.oneof(integer(0, 2 ** 31 - 1), fc.array(instruction, { minLength: 1, maxLength: 9 })),
    wrong: fc.constantFrom(-1, 1.5, null, undefined, 'text', [], [{}]),
    nativeRefuses: false,
    comesBackAs: (value) => (typeof value === 'number' ? value : expect.any(Array)),
  }),
  fastOpenKey: row({
    codec: codecs.fastOpenKey,
    values: fc.oneof(octets(16, 16), octets(32, 32)),
    comesBackAs: (value) => Buffer.from(value),
    wrong: fc.oneof(octets(0, 15), octets(17, 31), fc.constantFrom('sixteen bytes ok', null, undefined)),
    nativeRefuses: false,
  }),
  flags: set(codecs.flags({ a: 1, b: 2, c: 64 }), ['a', 'b', 'c']),
  flowLabel: row({
    codec: codecs.flowLabel,
    values: fc.record({
      destination: address6,
      label: integer(0, 0xfffff),
      action: fc.constantFrom('get', 'put', 'renew'),
      share: fc.constantFrom('none', 'exclusive', 'process', 'user', 'any'),
      flags: inOrder(['create', 'exclusive', 'reflect', 'remote']),
      expires: u16,
      linger: u16,
    }),
    comesBackAs: (value) => ({ ...value, destination: canonical(value.destination) }),
    wrong: fc.oneof(NO_OBJECT, fc.constantFrom({ action: 'get', label: 0x100000 }, { action: 'x' })),
    nativeRefuses: false,
  }),
  icmpFilter: icmp(codecs.icmpFilter, 31),
  icmpv6Filter: icmp(codecs.icmpv6Filter, 255),
  in6Pktinfo: row({
    codec: codecs.in6Pktinfo,
    values: fc.record({ address: address6, interface: onLoopback }),
    comesBackAs: ({ address, interface: on }) => ({ address: canonical(address), interface: indexOf(on) }),
    wrong: fc.constantFrom(null, undefined, 7, { address: '1.2.3.4' }, { interface: -1 }),
    nativeRefuses: false,
  }),
  interfaceInNetworkOrder: row({
    codec: codecs.interfaceInNetworkOrder,
    values: onLoopback,
    comesBackAs: indexOf,
    wrong: fc.constantFrom(undefined, null, '', '::1', -1, 1.5, {}, 2 ** 31),
    nativeRefuses: false,
  }),
  ip6Mtuinfo: row({
    codec: codecs.ip6Mtuinfo,
    values: fc.record({ destination: address6, mtu: u32 }),
    comesBackAs: ({ destination, mtu }) => ({ destination: canonical(destination), mtu }),
    wrong: NO_OBJECT,
    nativeRefuses: false,
  }),
  mtuDiscover: names(codecs.mtuDiscover, ['dont', 'want', 'do', 'probe', 'interface', 'omit']),
  numbers: row({
    codec: codecs.numbers,
    values: fc.array(u32, { maxLength: 100 }),
    wrong: fc.oneof(
      fc.constantFrom(null, undefined, 7, 'text', {}),
      fc.array(notInteger(0, 2 ** 32 - 1), { minLength: 1 }),
    ),
    nativeRefuses: false,
  }),
  packetMreq: row({
    codec: codecs.packetMreq,
    values: fc.record({
      interface: onLoopback,
      type: fc.constantFrom('multicast', 'promiscuous', 'allmulti', 'unicast'),
      address: octets(0, 8),
    }),
    comesBackAs: ({ interface: on, type, address }) => ({
      interface: indexOf(on),
      type,
      address: Buffer.from(address),
    }),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.constantFrom({ interface: 1, type: 'x' }, { interface: 1, type: 'unicast', address: new Uint8Array(9) }),
    ),
    nativeRefuses: false,
  }),
  packetStatistics: struct(codecs.packetStatistics, { packets: u32, drops: u32, freeze_q_cnt: u32 }),
  packetVersion: names(codecs.packetVersion, ['v1', 'v2', 'v3']),
  portRange: row({
    codec: codecs.portRange,
    values: fc.tuple(u16, u16).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) })),
    wrong: fc.oneof(NO_OBJECT, fc.constantFrom({ low: 2, high: 1 }, { low: 0, high: 65536 }, { low: -1, high: 5 })),
    nativeRefuses: false,
  }),
  record: struct(
    codecs.record('tcp_repair_window', {
      snd_wl1: codecs.unsigned(),
      snd_wnd: codecs.unsigned(),
      max_window: codecs.unsigned(),
      rcv_wnd: codecs.unsigned(),
      rcv_wup: codecs.unsigned(),
    }),
    { snd_wl1: u32, snd_wnd: u32, max_window: u32, rcv_wnd: u32, rcv_wup: u32 },
  ),
  rolloverStatistics: struct(codecs.rolloverStatistics, { all: u64, huge: u64, failed: u64 }),
  saveSyn: names(codecs.saveSyn, ['off', 'network', 'link']),
  sctpAddStreams: struct(codecs.sctpAddStreams, { instrms: u16, outstrms: u16, assoc_id: i32 }, ANY_ASSOC),
  sctpAssocValue: struct(codecs.sctpAssocValue, { value: u32, assoc_id: i32 }, ANY_ASSOC),
  sctpAssocparams: struct(
    codecs.sctpAssocparams,
    {
      asocmaxrxt: u16,
      cookie_life: u32,
      assoc_id: i32,
      number_peer_destinations: u16,
      peer_rwnd: u32,
      local_rwnd: u32,
    },
    { ...ANY_ASSOC, number_peer_destinations: 0, peer_rwnd: 0, local_rwnd: 0 },
  ),
  sctpAuthkeyid: struct(codecs.sctpAuthkeyid, { keynumber: u16, assoc_id: i32 }, ANY_ASSOC),
  sctpDefaultPrinfo: struct(codecs.sctpDefaultPrinfo, { value: u32, policy: u16, assoc_id: i32 }, ANY_ASSOC),
  sctpEvent: struct(codecs.sctpEvent, { type: u16, on: u8, assoc_id: i32 }, ANY_ASSOC),
  sctpEventSubscribe: struct(
    codecs.sctpEventSubscribe,
    Object.fromEntries(
      [
        'data_io',
        'association',
        'address',
        'send_failure',
        'peer_error',
        'shutdown',
        'partial_delivery',
        'adaptation_layer',
        'authentication',
        'sender_dry',
        'stream_reset',
        'assoc_reset',
        'stream_change',
        'send_failure_event',
      ].map((name) => [name, u8]),
    ),
  ),
  sctpInitmsg: struct(codecs.sctpInitmsg, {
    num_ostreams: u16,
    max_instreams: u16,
    max_attempts: u16,
    max_init_timeo: u16,
  }),
  sctpRtoinfo: struct(codecs.sctpRtoinfo, { initial: u32, max: u32, min: u32, assoc_id: i32 }, ANY_ASSOC),
  sctpSackInfo: struct(codecs.sctpSackInfo, { delay: u32, freq: u32, assoc_id: i32 }, ANY_ASSOC),
  sctpSndinfo: struct(
    codecs.sctpSndinfo,
    { sid: u16, flags: u16, ppid: u32, context: u32, assoc_id: i32 },
    { flags: 0, ppid: 0, context: 0, assoc_id: 0 },
  ),
  sctpStreamValue: struct(codecs.sctpStreamValue, { stream_id: u16, value: u16, assoc_id: i32 }, ANY_ASSOC),
  skMeminfo: struct(codecs.skMeminfo, {
    rmem_alloc: u32,
    rcvbuf: u32,
    wmem_alloc: u32,
    sndbuf: u32,
    fwd_alloc: u32,
    wmem_queued: u32,
    optmem: u32,
    backlog: u32,
    drops: u32,
  }),
  soTimestamping: row({
    codec: codecs.soTimestamping,
    values: fc.record({ flags: inOrder(TIMESTAMPING), phc: integer(0, 2 ** 31 - 1) }),
    wrong: fc.oneof(NO_OBJECT, fc.constantFrom({ flags: ['x'] }, { flags: [], phc: -1 })),
    nativeRefuses: false,
  }),
  sockTxtime: row({
    codec: codecs.sockTxtime,
    values: fc.record({ clock: fc.constantFrom(...CLOCKS), flags: inOrder(['deadlineMode', 'reportErrors']) }),
    wrong: fc.oneof(NO_OBJECT, fc.constantFrom({ clock: 'x' })),
    nativeRefuses: false,
  }),
  struct: struct(codecs.struct({ a: 'u8', b: 'u16', c: 'u64', d: 'i32', e: 'u8' }), {
    a: u8,
    b: u16,
    c: u64,
    d: i32,
    e: u8,
  }),
  tcpMd5sig: row({
    codec: codecs.tcpMd5sig,
    values: fc.record({
      address: fc.oneof(fc.ipV4(), address6),
      key: octets(0, 80),
      prefixLength: u8,
      interface: onLoopback,
      flags: inOrder(['prefix', 'interface']),
    }),
    comesBackAs: (value) => ({
      ...value,
      address: canonical(value.address),
      key: Buffer.from(value.key),
      interface: indexOf(value.interface),
    }),
    wrong: fc.oneof(
      NO_OBJECT,
      fc.constantFrom({ address: '::1', key: new Uint8Array(81) }, { address: 'x', key: new Uint8Array(1) }),
    ),
    nativeRefuses: false,
  }),
  tcpQueue: names(codecs.tcpQueue, ['none', 'receive', 'send']),
  tcpRepair: names(codecs.tcpRepair, ['off', 'on', 'off-no-window-probes']),
  tcpRepairOptions: row({
    codec: codecs.tcpRepairOptions,
    values: fc.array(fc.record({ option: fc.constantFrom('mss', 'wscale', 'sack', 'timestamp'), value: u32 }), {
      minLength: 1,
    }),
    comesBackAs: (value) => expect.objectContaining({ length: value.length * 8 }),
    wrong: fc.oneof(NO_OBJECT, fc.constantFrom([{ option: 'x', value: 1 }], [{ option: 'mss', value: -1 }])),
    nativeRefuses: false,
  }),
  tcpRepairWindow: struct(codecs.tcpRepairWindow, {
    snd_wl1: u32,
    snd_wnd: u32,
    max_window: u32,
    rcv_wnd: u32,
    rcv_wup: u32,
  }),
  timestampSources: set(codecs.timestampSources, ['SOFTWARE', 'SYS_HARDWARE', 'RAW_HARDWARE']),
  transmitRehash: row({
    codec: codecs.transmitRehash,
    values: fc.constantFrom(true, false),
    wrong: fc.constantFrom(1, 0, 'yes', null, undefined, {}),
    nativeRefuses: false,
  }),
  trigger: row({
    codec: codecs.trigger,
    values: fc.constant(true),
    comesBackAs: () => 1,
    wrong: fc.constantFrom(false, 1, null, undefined, 'true'),
    nativeRefuses: false,
  }),
  ucred: struct(codecs.ucred, { pid: i32, uid: u32, gid: u32 }),
  udpEncapsulation: names(codecs.udpEncapsulation, ['none', 'esp-non-ike', 'esp', 'l2tp', 'gtp0', 'gtp1u', 'rxrpc']),
}
