// Receivers of what is sent to this host itself: at one address, or at all.

import { openReceiver, type Receiver, type ReceiverOptions, SocketOptionError } from '../../index.ts'
import { familyOf } from '../../net/address.ts'
import { IPV6_V6ONLY, SO_BINDTODEVICE } from '../../options/index.ts'
import { findInterface } from './interface-option.ts'

const hasNoIpv6 = (error: unknown): boolean => error instanceof SocketOptionError && error.code === 'EAFNOSUPPORT'

/**
 * Opens a receiver at an address of this host; one of IPv4 and one of IPv6 at every address if that is `''`.
 *
 * @param on receive by this interface only
 */
export async function openAtHost(
  address: string,
  on: string | number | undefined,
  { options = [], ...rest }: Omit<ReceiverOptions, 'address' | 'family'>,
): Promise<Receiver[]> {
  const device = on === undefined ? [] : ([[SO_BINDTODEVICE, findInterface(on).name]] as const)
  const open = (at: string): Promise<Receiver> => {
    const ipv6Only = at === '::' ? ([[IPV6_V6ONLY, true]] as const) : []
    const settings = [...options, ...device, ...ipv6Only] as never[]
    return openReceiver({ ...rest, address: at, family: familyOf(at), options: settings })
  }
  if (address !== '') return [await open(address)]
  const first = await open('0.0.0.0')
  try {
    return [first, await open('::')]
  } catch (error) {
    if (hasNoIpv6(error)) return [first]
    await first.close()
    throw error
  }
}
