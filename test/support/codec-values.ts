import { codecs } from 'sockctl'
import { expect } from 'vitest'
import { canonical } from '../../lib/net/address.ts'
import { integer, notInteger, numeric, type Row, row } from './codec-rows.ts'
import { optionRows } from './option-codec-values.ts'
import { type Arbitrary, fc } from './property.ts'

export type { AnyCodec } from './codec-rows.ts'

const octet = fc.integer({ min: 0, max: 255 })
const group4 = fc.tuple(fc.integer({ min: 224, max: 239 }), octet, octet, octet).map((octets) => octets.join('.'))
const source4 = fc.tuple(fc.integer({ min: 1, max: 223 }), octet, octet, octet).map((octets) => octets.join('.'))
const hex = (words: number) =>
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { minLength: words, maxLength: words })
    .map((all) => all.map((word) => word.toString(16)).join(':'))
const group6 = fc.tuple(octet, hex(7)).map(([flags, rest]) => `ff${flags.toString(16).padStart(2, '0')}:${rest}`)
const source6 = fc
  .tuple(fc.integer({ min: 0x2000, max: 0xfdff }), hex(7))
  .map(([first, rest]) => `${first.toString(16)}:${rest}`)
const address6 = hex(8)

const index = fc.oneof(fc.constant(undefined), fc.constant('lo'), integer(0, 2 ** 31 - 1))
const indexOf = (on: string | number | undefined) => (on === 'lo' ? 1 : (on ?? 0))
const local4 = fc.oneof(fc.constant(undefined), source4)

const optional = <K extends string, V>(name: K, value: V | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [key in K]?: V }
const request = <G extends string, I>(group: Arbitrary<G>, on: Arbitrary<I | undefined>) =>
  fc.tuple(group, on).map(([group, on]) => ({ group, ...optional('interface', on) }))
const sourceRequest = <I>(on: Arbitrary<I | undefined>, families: [Arbitrary<string>, Arbitrary<string>][]) =>
  fc
    .oneof(...families.map(([group, source]) => fc.tuple(group, source, on)))
    .map(([group, source, on]) => ({ group, source, ...optional('interface', on) }))
const filter = <I>(on: Arbitrary<I | undefined>, families: [Arbitrary<string>, Arbitrary<string>][]) =>
  fc
    .oneof(
      ...families.map(([group, source]) =>
        fc.tuple(group, fc.uniqueArray(source, { maxLength: 70, selector: canonical }), on),
      ),
    )
    .chain(([group, sources, on]) =>
      fc.constantFrom('include', 'exclude').map((mode) => ({ group, mode, sources, ...optional('interface', on) })),
    )

const IPV4 = [[group4, source4]] as [Arbitrary<string>, Arbitrary<string>][]
const BOTH = [...IPV4, [group6, source6] as [Arbitrary<string>, Arbitrary<string>]]
const notRequest = fc.oneof(
  fc.constantFrom({}, null, undefined, 'a group', 7, []),
  fc.record({ group: fc.oneof(source4, source6, fc.string(), fc.integer()) }),
)

const HALF_A_MICROSECOND = 0.0005
/** The precision of the largest of these times. */
const LEAST_STEP = 2 ** -12

/** A row for each codec. A test fails for a codec without a row, and names it. */
export const rows: Record<string, Row> = {
  int: numeric(codecs.int(), -(2 ** 31), 2 ** 31 - 1),
  unsigned: numeric(codecs.unsigned(), 0, 2 ** 32 - 1),
  byte: numeric(codecs.byte, 0, 255),
  u64: row({
    codec: codecs.u64,
    values: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    wrong: fc.oneof(
      fc.bigInt({ max: -1n }),
      fc.bigInt({ min: 2n ** 64n }),
      fc.integer(),
      fc.constantFrom('1', null, undefined),
    ),
  }),
  boolean: row({
    codec: codecs.boolean,
    values: fc.boolean(),
    wrong: fc.constantFrom(0, 1, 'true', null, undefined, {}),
  }),
  milliseconds: row({
    codec: codecs.milliseconds,
    values: fc.double({ min: 0, max: (2 ** 31 - 1) * 1000, noNaN: true }).map(Math.abs),
    comesBackAs: (value) =>
      expect.toSatisfy((back: number) => Math.abs(back - value) <= HALF_A_MICROSECOND + LEAST_STEP),
    wrong: fc.constantFrom(-1, -0.001, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined, 1n),
  }),
  bytes: row({
    codec: codecs.bytes,
    values: fc.uint8Array({ maxLength: 2000 }),
    comesBackAs: (value) => Buffer.from(value),
    wrong: fc.constantFrom('bytes', [1, 2], null, undefined, 7, new DataView(new ArrayBuffer(4)), new Uint16Array(2)),
    nativeRefuses: false,
  }),
  string: row({
    codec: codecs.string(15),
    values: fc
      .string({ unit: 'grapheme', maxLength: 15 })
      .filter((text) => Buffer.byteLength(text) <= 15 && !text.includes('\0')),
    wrong: fc.constantFrom('sixteen bytes ok', 'a\0b', '\ud800', 'x\udc00', 'é'.repeat(8), 7, null, undefined),
    nativeRefuses: false,
  }),
  interfaceName: row({
    codec: codecs.interfaceName,
    values: fc.constantFrom('', 'lo', 'eth0.100', 'abcdefghijklmno'),
    wrong: fc.constantFrom('abcdefghijklmnop', 7),
    nativeRefuses: false,
  }),
  inAddr: row({
    codec: codecs.inAddr,
    values: fc.ipV4(),
    wrong: fc.oneof(
      fc.ipV6(),
      fc.constantFrom('', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', ' 1.2.3.4', 1, null, undefined),
    ),
  }),
  in6Addr: row({
    codec: codecs.in6Addr,
    values: address6,
    comesBackAs: canonical,
    wrong: fc.oneof(fc.ipV4(), fc.constantFrom('', ':::', '1::2::3', 'g::', '::1 ', 1, null, undefined)),
  }),
  linger: row({
    codec: codecs.linger,
    values: fc.record({ onoff: fc.boolean(), linger: integer(0, 65535) }),
    wrong: fc.oneof(
      fc.record({ onoff: fc.boolean(), linger: notInteger(-(2 ** 31), 2 ** 31 - 1) }),
      fc.constantFrom({}, null, undefined, true, 7, { onoff: 1, linger: 1 }, { linger: 1 }),
    ),
  }),
  ipMreq: row({
    codec: codecs.ipMreq,
    values: request(group4, fc.oneof(index, local4)),
    comesBackAs: ({ group, interface: on }) =>
      on === undefined || String(on).includes('.')
        ? { group, interface: on ?? '0.0.0.0' }
        : { group, address: '0.0.0.0', interface: indexOf(on) },
    wrong: fc.oneof(notRequest, request(group6, fc.constant(undefined))),
    nativeRefuses: false,
  }),
  ipMreqSource: row({
    codec: codecs.ipMreqSource,
    values: sourceRequest(local4, IPV4),
    comesBackAs: (value) => ({ interface: '0.0.0.0', ...value }),
    wrong: notRequest,
    nativeRefuses: false,
  }),
  ipv6Mreq: row({
    codec: codecs.ipv6Mreq,
    values: request(group6, index),
    comesBackAs: ({ group, interface: on }) => ({ group: canonical(group), interface: indexOf(on) }),
    wrong: fc.oneof(notRequest, request(group4, fc.constant(undefined))),
    nativeRefuses: false,
  }),
  groupReq: row({
    codec: codecs.groupReq,
    values: fc.oneof(request(group4, index), request(group6, index)),
    comesBackAs: ({ group, interface: on }) => ({ group: canonical(group), interface: indexOf(on) }),
    wrong: notRequest,
    nativeRefuses: false,
  }),
  groupSourceReq: row({
    codec: codecs.groupSourceReq,
    values: sourceRequest(index, BOTH),
    comesBackAs: ({ group, source, interface: on }) => ({
      group: canonical(group),
      source: canonical(source),
      interface: indexOf(on),
    }),
    wrong: notRequest,
    nativeRefuses: false,
  }),
  ipMsfilter: row({
    codec: codecs.ipMsfilter,
    values: filter(local4, IPV4),
    comesBackAs: ({ mode, sources }) => ({ mode, sources }),
    wrong: notRequest,
    nativeRefuses: false,
  }),
  groupFilter: row({
    codec: codecs.groupFilter,
    values: filter(index, BOTH),
    comesBackAs: ({ mode, sources }) => ({ mode, sources: sources.map(canonical) }),
    wrong: notRequest,
    nativeRefuses: false,
  }),
  ipMulticastInterface: row({
    codec: codecs.ipMulticastInterface,
    values: fc.oneof(source4, integer(0, 2 ** 31 - 1), fc.constant('lo')),
    comesBackAs: (on) =>
      String(on).includes('.')
        ? { group: '0.0.0.0', address: on, interface: 0 }
        : { group: '0.0.0.0', address: '0.0.0.0', interface: indexOf(on) },
    wrong: fc.constantFrom(undefined, null, '', '::1', -1, 1.5, {}, [], 2 ** 31),
    nativeRefuses: false,
  }),
  interfaceByIndex: row({
    codec: codecs.interfaceByIndex,
    values: fc.oneof(integer(0, 2 ** 31 - 1), fc.constant('lo')),
    comesBackAs: indexOf,
    wrong: fc.constantFrom(undefined, null, '', '::1', '1.2.3.4', -1, 1.5, {}, [], 2 ** 31),
    nativeRefuses: false,
  }),
  existingInterface: row({
    codec: codecs.existingInterface,
    values: fc.constantFrom(0, 1, 'lo'),
    comesBackAs: indexOf,
    wrong: fc.constantFrom(undefined, null, '', '::1', '1.2.3.4', -1, 1.5, {}, [], 2 ** 31),
    nativeRefuses: false,
  }),
  ...optionRows,
}
