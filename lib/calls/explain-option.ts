// What a refused setsockopt or getsockopt means: its errno and the values asked for become a SocketOptionError.

import { isBytes } from '../base/check-fields.ts'
import { codeOf, kernelError, type Meaning, type Reason, SocketOptionError, show } from '../base/errors.ts'
import { type FilterMode, type Outcome, readOutcome } from '../binding/native.ts'
import { isIpv6 } from '../net/address.ts'
import { nameOfInterface, noInterface } from '../net/interfaces.ts'
import type { Act } from '../options/attributes.ts'
import type { OptionParts } from '../options/option.ts'

interface Value {
  group?: string
  source?: string
  interface?: string | number
}

const means = (reason: Reason, advice: string): Meaning => ({ reason, advice })

const notMember = means('not-member', 'this socket is not a member there; join first')
const anySource = means(
  'filter-mode',
  'this socket is an any-source member there; leave that first, or use block and unblock',
)
const sourceSpecific = means(
  'filter-mode',
  'this socket is a source-specific member there; leave its sources first, or set a source filter',
)

const otherFamily = means('bad-value', 'the group is of another family than the socket')
const noSuchInterface = means('no-interface', 'no such interface')
const OTHER_LEVEL = ['ENOPROTOOPT', 'ENOTSUP', 'EOPNOTSUPP']

function limitOf(act: Act, ipv6: boolean, mode: FilterMode): Meaning {
  if (act === 'join' || mode === 'none') {
    const sysctl = ipv6
      ? 'net.core.optmem_max'
      : 'net.ipv4.igmp_max_memberships, or net.core.optmem_max where that is not it'
    return means('limit', `this socket can hold no more groups: raise the sysctl ${sysctl}; or use more sockets`)
  }
  const sysctl = ipv6 ? 'net.ipv6.mld_max_msf' : 'net.ipv4.igmp_max_msf'
  return means(
    'limit',
    `this group can hold no more sources: raise the sysctl ${sysctl}, or net.core.optmem_max where that is not it`,
  )
}

/** What an errno means to a membership, by what was tried and the filter mode the kernel had then. */
const MEANING: Record<Act, (code: string, mode: FilterMode) => Meaning | undefined> = {
  join: (code, mode) => {
    if (code !== 'EADDRINUSE') return undefined
    return mode === 'include' ? sourceSpecific : means('already-member', 'this socket is a member there already')
  },
  'join-source': (code, mode) => {
    if (mode === 'exclude') return anySource
    if (code === 'EADDRNOTAVAIL' && mode === 'include')
      return means('already-member', 'this socket takes this source already')
    return undefined
  },
  leave: (code) => (code === 'EADDRNOTAVAIL' ? notMember : undefined),
  'leave-source': (code, mode) => {
    if (mode === 'exclude') return anySource
    if (code === 'EADDRNOTAVAIL' && mode === 'include')
      return means('not-member', 'this socket does not take this source')
    return code === 'EINVAL' || code === 'EADDRNOTAVAIL' ? notMember : undefined
  },
  block: (code, mode) => {
    if (mode === 'include') return sourceSpecific
    if (code === 'EADDRNOTAVAIL' && mode === 'exclude') return means('already-member', 'this source is blocked already')
    return code === 'EINVAL' || code === 'EADDRNOTAVAIL' ? notMember : undefined
  },
  unblock: (code, mode) => {
    if (mode === 'include') return sourceSpecific
    if (code === 'EADDRNOTAVAIL' && mode === 'exclude') return means('not-member', 'this source is not blocked')
    return code === 'EINVAL' || code === 'EADDRNOTAVAIL' ? notMember : undefined
  },
  'set-filter': (code, mode) =>
    mode === 'none' && (code === 'EINVAL' || code === 'EADDRNOTAVAIL') ? notMember : undefined,
  'set-interface': (code) => (code === 'EADDRNOTAVAIL' || code === 'ENODEV' ? noSuchInterface : undefined),
}

const badValue = means('bad-value', 'the kernel does not take this value on this socket')
const noAnswer = means('bad-value', 'the kernel has no answer to it on this socket, as the socket is now')
const unsupported = means('unsupported', 'this kernel, or this kind of socket, does not know the option')

/** The errnos whose words or reason differ for an option from what they are elsewhere. */
const OF_AN_OPTION: Record<string, Meaning> = {
  ENOTSOCK: means('bad-value', 'the descriptor is not a socket'),
  EPERM: means('permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW, as its documentation says'),
  EACCES: means('permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW, as its documentation says'),
  ENOPROTOOPT: unsupported,
  EOPNOTSUPP: unsupported,
  ENOTSUP: unsupported,
  EAFNOSUPPORT: means('bad-value', 'it is for sockets of another family'),
  EPROTO: means('bad-value', 'it is for sockets of another type: a membership needs a datagram or raw socket'),
  EINVAL: badValue,
  EDOM: badValue,
  ERANGE: badValue,
  E2BIG: badValue,
  EFAULT: badValue,
  ENOENT: means('bad-value', 'the kernel has nothing of that name'),
  ENOTCONN: { advice: 'the socket must be connected first' },
  EADDRNOTAVAIL: means('bad-value', 'the kernel finds no such address for this socket'),
  ENODEV: noSuchInterface,
  ENXIO: noSuchInterface,
  ENETUNREACH: means('no-route', 'there is no route; name the interface'),
  EHOSTUNREACH: means('no-route', 'there is no route; name the interface'),
  ENOBUFS: means('limit', 'a limit of the kernel is reached'),
  ENOMEM: means('limit', 'a limit of the kernel is reached: see the sysctl net.core.optmem_max'),
}

/** The interface was left to the kernel, which found none. */
function isUnnamed(value: Value): boolean {
  return value.interface === undefined || value.interface === 0 || value.interface === '0.0.0.0'
}

/** As whoever asked may have named it, and as the kernel was told. */
function placeOf(on: string | number): string {
  if (typeof on === 'string') return on
  const name = on > 0 ? nameOfInterface(on) : ''
  return name === '' ? `interface ${on}` : `${name} (${on})`
}

function asked(option: OptionParts, value: unknown): string {
  if (typeof value !== 'object' || value === null || isBytes(value))
    return value === undefined ? option.name : `${option.name} ${show(value)}`
  const { group, source, interface: on } = value as Value
  const words = [option.name]
  if (group !== undefined) words.push(`group ${group}`)
  if (source !== undefined) words.push(`source ${source}`)
  if (on !== undefined) words.push(`on ${placeOf(on)}`)
  return words.join(' ')
}

/** The error for an outcome of the kernel's: what was asked, what it said, what to do. */
export function explain(
  option: OptionParts,
  outcome: Outcome,
  value: unknown,
  syscall: 'getsockopt' | 'setsockopt',
): SocketOptionError {
  const { errno, filterMode: mode, kernelWasAsked } = readOutcome(outcome)
  const code = codeOf(errno)
  const { act } = option.attributes
  const subject = (typeof value === 'object' && value !== null ? value : {}) as Value

  if (!kernelWasAsked)
    return new SocketOptionError(`${asked(option, value)}: ${anySource.advice}`, {
      code: 'ERR_FILTER_MODE',
      reason: 'filter-mode',
      option: option.name,
    })
  let meaning = act === undefined ? undefined : MEANING[act](code, mode)
  const memory = code === 'ENOBUFS' || code === 'ENOMEM'
  if (memory && act !== undefined && act !== 'set-interface') {
    meaning = limitOf(act, subject.group !== undefined && isIpv6(subject.group), code === 'ENOMEM' ? 'none' : mode)
  }
  if (code === 'ENODEV' && subject.group !== undefined && isUnnamed(subject))
    meaning = means('no-route', `there is no route to ${subject.group}; name the interface`)
  const finds = ['EADDRNOTAVAIL', 'EINVAL', 'ENODEV', 'ENXIO'].includes(code)
  if (finds && act === 'set-filter' && option.attributes.byGroup !== undefined && isUnnamed(subject))
    meaning = means('no-interface', 'a filter is kept by interface, and the kernel chooses none here: name it')
  if (option.attributes.byGroup !== undefined && meaning === undefined && code === 'EADDRNOTAVAIL')
    meaning = syscall === 'getsockopt' ? notMember : otherFamily
  // A kernel knows the memberships of a family or lacks the family, so it is the socket that does not suit.
  if (act !== undefined && subject.group !== undefined && OTHER_LEVEL.includes(code)) meaning = otherFamily
  meaning ??= option.attributes.meanings?.[code] ?? OF_AN_OPTION[code]
  if (meaning === badValue && syscall === 'getsockopt' && value === undefined) meaning = noAnswer
  const { needs } = option.attributes
  if (meaning?.reason === 'permission' && needs !== undefined) meaning = means('permission', `it needs ${needs}`)
  const named = act === 'set-interface' && typeof value !== 'object' ? (value as string | number) : subject.interface
  const isNoInterface = meaning?.reason === 'no-interface' && named !== undefined
  return kernelError({
    asked: asked(option, value),
    errno,
    syscall,
    option: option.name,
    reason: meaning?.reason,
    advice: isNoInterface ? noInterface(named, errno).message : meaning?.advice,
  })
}
