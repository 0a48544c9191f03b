// The addresses of a host, by a lookup such as dns.lookup.

import type { LookupFunction } from 'node:net'
import { badValue, SocketOptionError, show } from '../base/errors.ts'
import { onAbort } from '../base/on-abort.ts'
import { isIpv6, parseAddress, unmapped } from './address.ts'

export interface LookupRequest {
  readonly host: string
  /** Node's own if none is given. */
  readonly lookup: LookupFunction | undefined
  /** Whether more than one address is wanted. */
  readonly all: boolean
  /** 0: either. */
  readonly family: 0 | 4 | 6
  readonly signal: AbortSignal | undefined
}

/**
 * The addresses of a host in the order of the lookup, each once, IPv4-mapped ones as IPv4; the lookup is asked as net.connect
 * asks. Never empty.
 *
 * Throws the signal's reason, and a SocketOptionError if the lookup fails or gives what is no address.
 */
export async function lookupAddresses(request: LookupRequest): Promise<string[]> {
  const { host, family } = request
  const answer = await ask(request)
  const addresses = [...new Set(Array.from(answer, (one) => unmapped(checkedAddress(host, one))))]
  const usable = family === 0 ? addresses : addresses.filter((address) => isIpv6(address) === (family === 6))
  if (usable.length > 0) return usable
  const given = addresses.length === 0 ? 'gave no address' : `gave ${addresses.join(', ')}: no IPv${family} address`
  throw new SocketOptionError(`the lookup of ${show(host)} ${given}; check the name, or the function given as lookup`, {
    code: 'ENOTFOUND',
    reason: 'system',
  })
}

async function ask({ host, lookup, all, family, signal }: LookupRequest): Promise<unknown[]> {
  const { ADDRCONFIG, lookup: ofNode } = process.getBuiltinModule('node:dns')
  let deafen: (() => void) | undefined
  try {
    return await new Promise<unknown[]>((resolve, reject) => {
      const fail = (error: unknown): void => reject(lookupFailed(host, error))
      deafen = signal && onAbort(signal, () => reject(signal.reason))
      // Not only a function that throws: one that is async rejects, and Node would wait for ever.
      const asked = async (): Promise<unknown> =>
        (lookup ?? ofNode)(host, { all, family, hints: ADDRCONFIG }, (error, address, addressFamily) => {
          if (error) fail(error)
          else resolve(Array.isArray(address) ? address : [{ address, family: addressFamily }])
        })
      asked().catch(fail)
    })
  } finally {
    deafen?.()
  }
}

function lookupFailed(host: string, error: unknown): SocketOptionError {
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const why = typeof code === 'string' ? code : show(message ?? error)
  return new SocketOptionError(`the lookup of ${show(host)} failed: ${why}`, {
    code: typeof code === 'string' ? code : 'ENOTFOUND',
    reason: 'system',
    cause: error,
  })
}

function checkedAddress(host: string, given: unknown): string {
  const isEntry = typeof given === 'object' && given !== null && 'address' in given
  const { address, family } = (isEntry ? given : {}) as Record<string, unknown>
  const parsed = typeof address === 'string' ? parseAddress(address) : undefined
  const gave = `the lookup of ${show(host)} gave ${show(isEntry ? address : given)}`
  if (parsed === undefined)
    throw badValue(`${gave}: IP addresses are needed, each as { address, family }, as dns.lookup gives them`)
  if (family !== undefined && family !== parsed.family)
    throw badValue(`${gave} with family ${show(family)}: it is ${parsed.family}`)
  return address as string
}
