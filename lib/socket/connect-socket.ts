// connectSocket: net.connect with options set on each attempt before its first packet.

import type { LookupFunction, Socket } from 'node:net'
import { abortSignal, checkFields, type FieldRule, flag, list, mustBe, rule, whole } from '../base/check-fields.ts'
import { badValue, SocketOptionError, show } from '../base/errors.ts'
import { familyOf, hostPort, isIpv6, parseAddress, unmapped } from '../net/address.ts'
import { lookupAddresses } from '../net/lookup-addresses.ts'
import { type Attempt, firstToSucceed } from './attempts.ts'
import { openSocket } from './open-socket.ts'
import type { OwnedSocket } from './owned-socket.ts'
import { settingsOfFamily } from './settings-of-family.ts'
import { parseOptions, type Setting, type Settings } from './socket-spec.ts'

/** How connections are made, whatever the host. `V` are the types of the options' values. */
export interface ConnectionOptions<V extends readonly unknown[] = readonly unknown[]> {
  /**
   * Set in this order on the socket of each attempt, before it is bound and connected.
   *
   * A setting of the level IPPROTO_IP is left out of attempts over IPv6, and one of IPPROTO_IPV6 out of attempts over IPv4: give
   * both, as in `[[IP_TOS, 0x28], [IPV6_TCLASS, 0x28]]`. IP_BIND_ADDRESS_NO_PORT and IP_LOCAL_PORT_RANGE count for both families.
   */
  readonly options?: Settings<V> | undefined
  /** Finds the addresses of a host's name. Default: `dns.lookup`, with the options that net.connect gives it. */
  readonly lookup?: LookupFunction | undefined
  /** The address to connect from. Addresses of the other family are then not tried. */
  readonly localAddress?: string | undefined
  /** Whether all addresses of the host are tried, the families in turn; false: the first only. Default: that of node:net, true. */
  readonly autoSelectFamily?: boolean | undefined
  /** Milliseconds, from 10, that an attempt has before the next is begun beside it. Default 250. RFC 8305 */
  readonly autoSelectFamilyAttemptTimeout?: number | undefined
}

/** What connectSocket takes; the names are those of net.connect. `V` are the types of the options' values. */
export interface ConnectSocketOptions<V extends readonly unknown[] = readonly unknown[]> extends ConnectionOptions<V> {
  /** An IP address, with its `%zone` if it is link-local, or a name to look up. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Gives up: `connectSocket` rejects with the signal's reason, and nothing stays open. Of no effect on the connected socket. */
  readonly signal?: AbortSignal | undefined
}

const LEAST_DELAY = 10
const DEFAULT_DELAY = 250

const HOST: FieldRule<string> = rule(
  'an IP address without brackets, or a name,',
  (value) => typeof value === 'string' && value !== '' && !/[\0[\]]/.test(value),
)
const PORT = whole(1, 65535)

/** The rules of ConnectionOptions. */
export const CONNECTION_RULES: Readonly<Record<keyof ConnectionOptions, FieldRule>> = {
  options: list('an array of [option, value]'),
  lookup: rule('a function like dns.lookup', (value) => typeof value === 'function'),
  localAddress: rule('an IP address of this host', (value) => parseAddress(value as string) !== undefined),
  autoSelectFamily: flag,
  autoSelectFamilyAttemptTimeout: whole(LEAST_DELAY, 2 ** 31 - 1, 'milliseconds'),
}

const RULES = { host: HOST, port: PORT, ...CONNECTION_RULES, signal: abortSignal }

/**
 * Connects to a host over TCP, with options set on each attempt before its first packet: `net.connect`, for options that must be
 * set by then.
 *
 * The addresses of a name are tried in the order of the lookup, the families in turn, each when the one before has failed or has
 * had 250 ms; an attempt goes on meanwhile, the first to connect wins, and the others are closed (RFC 8305). `socket(2)`, each
 * option in order, `bind(2)` if there is a `localAddress`, `connect(2)`. An IPv4-mapped address is tried over IPv4.
 *
 * The net.Socket is connected already, so it emits no 'connect'.
 * @throws SocketOptionError if this library or the kernel refuses a part of it, if the lookup fails, or if no attempt succeeds:
 * then the message names each attempt, `code` is that of the first, and `cause` has its error, or an AggregateError of several.
 * The signal's reason if the signal is aborted. Nothing stays open.
 */
export async function connectSocket<const V extends readonly unknown[] = readonly unknown[]>(
  options: ConnectSocketOptions<V>,
): Promise<Socket> {
  options = checkFields(options, RULES, 'connectSocket')
  const { host, port, lookup, localAddress, signal } = options
  mustBe(HOST, 'connectSocket: host', host)
  mustBe(PORT, 'connectSocket: port', port)
  const settings: readonly Setting[] = parseOptions(options.options).map(([option, value]) => [option, value])
  const delay = options.autoSelectFamilyAttemptTimeout ?? DEFAULT_DELAY
  const all = options.autoSelectFamily ?? process.getBuiltinModule('node:net').getDefaultAutoSelectFamily()
  signal?.throwIfAborted()

  const from = localAddress === undefined ? undefined : unmapped(localAddress)
  const addresses = await addressesOf(host, from, { lookup, all, signal })
  const attempts = (all ? inTurn(addresses) : addresses.slice(0, 1)).map(
    (address): Attempt<OwnedSocket> =>
      (until) =>
        openSocket({
          family: familyOf(address),
          type: 'stream',
          options: settingsOfFamily(settings, familyOf(address)),
          bind: from === undefined ? undefined : { address: from },
          connect: { address, port },
          signal: until,
        }),
  )
  const outcome = await firstToSucceed({
    attempts,
    delay,
    signal,
    discard: (owned) => owned.close(),
    isFinal: (error) => !(error instanceof SocketOptionError) || error.option !== undefined,
  })
  if ('errors' in outcome) throw noneSucceeded(host, port, outcome.errors as readonly SocketOptionError[])
  try {
    return outcome.value.toStream()
  } catch (error) {
    await outcome.value.close()
    throw error
  }
}

interface How {
  readonly lookup: LookupFunction | undefined
  readonly all: boolean
  readonly signal: AbortSignal | undefined
}

async function addressesOf(host: string, from: string | undefined, how: How): Promise<string[]> {
  if (parseAddress(host) === undefined) {
    const family = from === undefined ? 0 : isIpv6(from) ? 6 : 4
    return lookupAddresses({ host, family, ...how })
  }
  const address = unmapped(host)
  if (from !== undefined && isIpv6(from) !== isIpv6(address))
    throw badValue(
      `connectSocket: localAddress is ${show(from)} and host is ${show(host)}: both of one family are needed`,
    )
  return [address]
}

/** The families in turn, beginning with that of the first address. RFC 8305 4 */
function inTurn(addresses: readonly string[]): string[] {
  const ofFirst = (address: string): boolean => isIpv6(address) === isIpv6(addresses[0] ?? '')
  const others = addresses.filter((address) => !ofFirst(address))
  const firsts = addresses.filter(ofFirst)
  return Array.from({ length: Math.max(firsts.length, others.length) }, (_, i) => [firsts[i], others[i]])
    .flat()
    .filter((address) => address !== undefined)
}

function noneSucceeded(host: string, port: number, errors: readonly SocketOptionError[]): SocketOptionError {
  const [first] = errors as readonly [SocketOptionError]
  if (errors.length === 1 && parseAddress(host) !== undefined) return first
  const { code, reason, errno, syscall } = first
  const each = errors.map(({ message }) => message).join('; ')
  return new SocketOptionError(`connect to ${hostPort(host, port)}: no attempt succeeded: ${each}`, {
    code,
    reason,
    errno,
    syscall,
    cause: errors.length === 1 ? first : new AggregateError(errors, each),
  })
}
