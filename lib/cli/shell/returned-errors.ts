// ICMP errors that come back: how they are told, each kind once.

import type { ReturnedError } from '../../index.ts'
import { printWarning } from './failure.ts'
import type { Output } from './output.ts'

/** What a message says, by origin, type and code. RFC 792, RFC 1122, RFC 1812, RFC 4443 */
const CAUSES: Readonly<Record<string, (to: string, port: string) => string>> = {
  'icmp 3 2': (to) => `${to} does not take this protocol`,
  'icmp 3 3': (to, port) => `nobody has ${port} at ${to}`,
  'icmp6 1 4': (to, port) => `nobody has ${port} at ${to}`,
  'icmp6 4 1': (to) => `${to} does not take this protocol`,
  'icmp 3 9': refusedOnTheWay,
  'icmp 3 10': refusedOnTheWay,
  'icmp 3 13': refusedOnTheWay,
  'icmp6 1 1': refusedOnTheWay,
  'icmp6 1 5': refusedOnTheWay,
  'icmp6 1 6': refusedOnTheWay,
}

function refusedOnTheWay(to: string): string {
  return `a filter refuses datagrams to ${to}`
}

function causeOf({ code, origin, icmpType, icmpCode, destination, mtu }: ReturnedError, asked: string): string {
  const to = destination?.address ?? asked
  const known = CAUSES[`${origin} ${icmpType} ${icmpCode}`]
  if (known !== undefined) return known(to, destination?.port ? `port ${destination.port}` : 'the port')
  if (code === 'EMSGSIZE') return `too long for the way to ${to}${mtu ? `, whose MTU is ${mtu} bytes` : ''}`
  if (origin === 'icmp' ? icmpType === 11 : origin === 'icmp6' && icmpType === 3)
    return `the hop limit was used up on the way to ${to}`
  if (origin === 'local' || (origin === 'icmp' ? icmpType === 3 : icmpType === 1)) return `${to} can't be reached`
  return `type ${icmpType}, code ${icmpCode} about what was sent to ${to}`
}

/** `ECONNREFUSED: nobody has port 5000 at 10.0.0.2 (ICMP of 10.0.0.2)` */
export function returnedErrorText(error: ReturnedError, asked: string): string {
  const { code, origin, offender } = error
  const protocol = origin === 'icmp6' ? 'ICMPv6' : 'ICMP'
  const from = origin.startsWith('icmp') ? `${protocol}${offender === undefined ? '' : ` of ${offender}`}` : 'this host'
  return `${code}: ${causeOf(error, asked)} (${from})`
}

/** The ICMP errors that came back to a command. */
export interface ReturnedErrors {
  /** How many came back. */
  readonly count: number
  /** Tells an error, on stderr or as an event, unless its like was told before. */
  add(error: ReturnedError): void
}

/** @param asked the address that was sent to, if the kernel does not tell it */
export function createReturnedErrors(out: Output, asked: string): ReturnedErrors {
  const told = new Set<string>()
  let count = 0
  return {
    get count() {
      return count
    },
    add(error) {
      count++
      const text = returnedErrorText(error, asked)
      if (told.has(text)) return
      told.add(text)
      if (!out.json) return printWarning(text)
      const { payload: _, extension: __, ...rest } = error
      out.object({ event: 'returned-error', ...rest })
    },
  }
}
