import { describeErrno, NO_DESCRIPTOR, type Reason, SocketOptionError, show } from '../base/errors.ts'
import { native, type Outcome } from '../binding/native.ts'
import { noInterface } from '../net/interfaces.ts'
import type { Act } from '../options/attributes.ts'
import type { OptionParts } from '../options/option.ts'

type Mode = 'none' | 'include' | 'exclude'

const MODES: readonly Mode[] = ['none', 'include', 'exclude']

interface Verdict {
  reason: Reason
  text: string
}

interface Value {
  group?: string
  source?: string
  interface?: string | number
}

const verdict = (reason: Reason, text: string): Verdict => ({ reason, text })

const notMember = verdict('not-member', 'this socket is not a member there; join first')
const anySource = verdict(
  'filter-mode',
  'this socket is an any-source member there; leave that first, or use block and unblock',
)
const sourceSpecific = verdict(
  'filter-mode',
  'this socket is a source-specific member there; leave its sources first, or set a source filter',
)

const otherFamily = verdict('bad-value', 'the group is of another family than the socket')
const OTHER_LEVEL = ['ENOPROTOOPT', 'ENOTSUP', 'EOPNOTSUPP']

function limitOf(act: Act, ipv6: boolean, mode: Mode): Verdict {
  if (act === 'join' || mode === 'none') {
    const sysctl = ipv6
      ? 'net.core.optmem_max'
      : 'net.ipv4.igmp_max_memberships, or net.core.optmem_max where that is not it'
    return verdict('limit', `this socket can hold no more groups: raise the sysctl ${sysctl}; or use more sockets`)
  }
  const sysctl = ipv6 ? 'net.ipv6.mld_max_msf' : 'net.ipv4.igmp_max_msf'
  return verdict(
    'limit',
    `this group can hold no more sources: raise the sysctl ${sysctl}, or net.core.optmem_max where that is not it`,
  )
}

/** What an errno means to a membership, by what was tried and the filter mode the kernel had then. */
const MEANING: Record<Act, (code: string, mode: Mode) => Verdict | undefined> = {
  join: (code, mode) => {
    if (code !== 'EADDRINUSE') return undefined
    return mode === 'include' ? sourceSpecific : verdict('already-member', 'this socket is a member there already')
  },
  'join-source': (code, mode) => {
    if (mode === 'exclude') return anySource
    if (code === 'EADDRNOTAVAIL' && mode === 'include')
      return verdict('already-member', 'this socket takes this source already')
    return undefined
  },
  leave: (code) => (code === 'EADDRNOTAVAIL' ? notMember : undefined),
  'leave-source': (code, mode) => {
    if (mode === 'exclude') return anySource
    if (code === 'EADDRNOTAVAIL' && mode === 'include')
      return verdict('not-member', 'this socket does not take this source')
    return code === 'EINVAL' || code === 'EADDRNOTAVAIL' ? notMember : undefined
  },
  block: (code, mode) => {
    if (mode === 'include') return sourceSpecific
    if (code === 'EADDRNOTAVAIL' && mode === 'exclude')
      return verdict('already-member', 'this source is blocked already')
    return code === 'EINVAL' || code === 'EADDRNOTAVAIL' ? notMember : undefined
  },
  unblock: (code, mode) => {
    if (mode === 'include') return sourceSpecific
    if (code === 'EADDRNOTAVAIL' && mode === 'exclude') return verdict('not-member', 'this source is not blocked')
    return code === 'EINVAL' || code === 'EADDRNOTAVAIL' ? notMember : undefined
  },
  'set-filter': (code, mode) =>
    mode === 'none' && (code === 'EINVAL' || code === 'EADDRNOTAVAIL') ? notMember : undefined,
  'set-interface': (code) =>
    code === 'EADDRNOTAVAIL' || code === 'ENODEV' ? verdict('no-interface', 'no such interface') : undefined,
}

const badValue = verdict('bad-value', 'the kernel does not take this value on this socket')
const unsupported = verdict('unsupported', 'this kernel, or this kind of socket, does not know the option')

const GENERAL: Record<string, Verdict> = {
  EBADF: verdict('closed', 'the descriptor is not open'),
  ...Object.fromEntries(Object.entries(NO_DESCRIPTOR).map(([code, text]) => [code, verdict('limit', text)])),
  ENOTSOCK: verdict('bad-value', 'the descriptor is not a socket'),
  EPERM: verdict('permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW, as its documentation says'),
  EACCES: verdict('permission', 'it needs a privilege: CAP_NET_ADMIN or CAP_NET_RAW, as its documentation says'),
  ENOPROTOOPT: unsupported,
  EOPNOTSUPP: unsupported,
  ENOTSUP: unsupported,
  EAFNOSUPPORT: verdict('bad-value', 'it is for sockets of another family'),
  EPROTO: verdict('bad-value', 'it is for sockets of another type: a membership needs a datagram or raw socket'),
  EINVAL: badValue,
  EDOM: badValue,
  ERANGE: badValue,
  E2BIG: badValue,
  EFAULT: badValue,
  ENOENT: verdict('bad-value', 'the kernel has nothing of that name'),
  EADDRNOTAVAIL: verdict('bad-value', 'the kernel finds no such address for this socket'),
  ENODEV: verdict('no-interface', 'no such interface'),
  ENXIO: verdict('no-interface', 'no such interface'),
  ENETUNREACH: verdict('no-route', 'there is no route; name the interface'),
  EHOSTUNREACH: verdict('no-route', 'there is no route; name the interface'),
  ENOBUFS: verdict('limit', 'a limit of the kernel is reached'),
  ENOMEM: verdict('limit', 'a limit of the kernel is reached: see the sysctl net.core.optmem_max'),
}

/** The interface was left to the kernel, which found none. */
function isUnnamed(value: Value): boolean {
  return value.interface === undefined || value.interface === 0 || value.interface === '0.0.0.0'
}

/** As whoever asked may have named it, and as the kernel was told. */
function placeOf(on: string | number): string {
  if (typeof on === 'string') return on
  const name = on > 0 ? native.indexToName(on) : ''
  return name === '' ? `interface ${on}` : `${name} (${on})`
}

function asked(option: OptionParts, value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array)
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
  const errno = outcome & 4095
  const mode = MODES[(outcome >> 12) & 3] ?? 'none'
  const refusedBefore = (outcome & 16384) !== 0
  const { code, text } = describeErrno(errno)
  const { act } = option.attributes
  const subject = (typeof value === 'object' && value !== null ? value : {}) as Value

  if (refusedBefore)
    return new SocketOptionError(`${asked(option, value)}: ${anySource.text}`, {
      code: 'ERR_FILTER_MODE',
      reason: 'filter-mode',
      option: option.name,
    })
  let meaning = act === undefined ? undefined : MEANING[act](code, mode)
  const memory = code === 'ENOBUFS' || code === 'ENOMEM'
  if (memory && act !== undefined && act !== 'set-interface') {
    meaning = limitOf(act, subject.group?.includes(':') === true, code === 'ENOMEM' ? 'none' : mode)
  }
  if (code === 'ENODEV' && subject.group !== undefined && isUnnamed(subject))
    meaning = verdict('no-route', `there is no route to ${subject.group}; name the interface`)
  if (act === 'set-filter' && option.attributes.byGroup === true && isUnnamed(subject))
    meaning = verdict('no-interface', 'a filter is kept by interface, and the kernel chooses none here: name it')
  if (option.attributes.byGroup === true && meaning === undefined && code === 'EADDRNOTAVAIL')
    meaning = syscall === 'getsockopt' ? notMember : otherFamily
  // A kernel knows the memberships of a family or lacks the family, so it is the socket that does not suit.
  if (subject.group !== undefined && OTHER_LEVEL.includes(code)) meaning = otherFamily
  meaning ??= GENERAL[code] ?? verdict('system', text)
  const { needs } = option.attributes
  if (meaning.reason === 'permission' && needs !== undefined) meaning = verdict('permission', `it needs ${needs}`)
  const named = act === 'set-interface' && typeof value !== 'object' ? (value as string | number) : subject.interface
  const words =
    meaning.reason === 'no-interface' && named !== undefined ? noInterface(named, errno).message : meaning.text
  return new SocketOptionError(`${asked(option, value)}: ${words} (${code}: ${text})`, {
    code,
    errno,
    syscall,
    reason: meaning.reason,
    option: option.name,
  })
}
