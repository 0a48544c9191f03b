// Codecs of source filters: struct ip_msfilter and struct group_filter.

import { native } from '../../binding/native.ts'
import { unmapped } from '../../net/address.ts'
import { type Codec, wrongFields } from './codec.ts'
import {
  type GroupFilter,
  indexOf,
  localAddressOf,
  type SourceFilter,
  wrongFilter,
  wrongGroup,
  wrongInterface,
} from './multicast-target.ts'

const modeNumber = (mode: SourceFilter['mode']): number =>
  (mode === 'include' ? native.constants.MCAST_INCLUDE : native.constants.MCAST_EXCLUDE) ?? -1

type Head = Record<string, unknown>

interface NativeFilter {
  group: string
  interface: string | number
  mode: number
  sources: string[]
}

const filterFromNative = (filter: NativeFilter): SourceFilter => ({
  mode: filter.mode === native.constants.MCAST_INCLUDE ? 'include' : 'exclude',
  sources: filter.sources,
})

function filter<W extends SourceFilter & { group: string; interface?: string | number | undefined }>(
  ctype: string,
  family: 4 | 6 | undefined,
  takes: 'address' | 'index',
  number: (value: W['interface'] | undefined) => unknown,
): Codec<SourceFilter, W, Omit<W, 'mode' | 'sources'>> {
  const head = (value: { group: string; interface?: W['interface'] | undefined }) => ({
    group: unmapped(value.group),
    interface: number(value.interface),
  })
  const on = takes === 'address' ? 'a local IPv4 address' : 'a name or an index'
  return {
    expects: `{ group, interface?, mode: 'include' | 'exclude', sources: [...] }, the interface by ${on}`,
    read: ctype,
    write: ctype,
    wrong: (value) =>
      wrongFields(value, ['group', 'interface', 'mode', 'sources']) ||
      wrongGroup((value as Head).group, family) ||
      wrongInterface((value as Head).interface, takes) ||
      wrongFilter(value as Head, unmapped((value as Head).group as string)),
    toNative: (value) => ({ ...head(value), mode: modeNumber(value.mode), sources: value.sources.map(unmapped) }),
    fromNative: filterFromNative as (native: never) => SourceFilter,
    question: (value) => ({ ...head(value), mode: 0, sources: [] }),
    wrongQuestion: (value) =>
      typeof value !== 'object' || value === null
        ? 'it must be asked for { group, interface? }'
        : wrongFields(value, ['group', 'interface']) ||
          wrongGroup((value as Head).group, family) ||
          wrongInterface((value as Head).interface, takes),
  }
}

/** `struct ip_msfilter`: IPv4, the interface by a local address. */
export const ipMsfilter = filter<SourceFilter & { group: string; interface?: string | undefined }>(
  'ip_msfilter',
  4,
  'address',
  localAddressOf,
)

/** `struct group_filter`: IPv4 and IPv6, the interface by name or index. */
export const groupFilter = filter<GroupFilter>('group_filter', undefined, 'index', indexOf)
