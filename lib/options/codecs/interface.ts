// Codecs of interfaces: a name, an index, or what IP_MULTICAST_IF takes.

import { unmapped } from '../../net/address.ts'
import { nameOfInterface, noInterface } from '../../net/interfaces.ts'
import { type Codec, same } from './codec.ts'
import { INADDR_ANY, indexOf, isAddress, type MulticastInterface, wrongInterface } from './multicast-target.ts'
import { string } from './scalars.ts'

/** An interface's name, up to 15 bytes; '' for none. */
export const interfaceName: Codec<string> = string(15)

/** `IP_MULTICAST_IF` takes a `struct ip_mreqn` and answers with a `struct in_addr`. */
export const ipMulticastInterface: Codec<string, MulticastInterface> = {
  expects: 'an interface: its name, its index (0: the kernel chooses) or a local IPv4 address',
  read: 'in_addr',
  write: 'ip_mreqn',
  wrong: (value) => value === undefined || wrongInterface(value, 'either'),
  toNative: (value) =>
    isAddress(value)
      ? { group: INADDR_ANY, address: unmapped(value), interface: 0 }
      : { group: INADDR_ANY, address: INADDR_ANY, interface: indexOf(value) },
  fromNative: same,
}

/** An interface's index; a name may be written too. */
export const interfaceByIndex: Codec<number, string | number> = {
  expects: 'an interface: its name or its index (0: the kernel chooses)',
  read: 'int',
  write: 'int',
  wrong: (value) => value === undefined || wrongInterface(value, 'index'),
  toNative: indexOf,
  fromNative: same,
}

/** As `interfaceByIndex`, for an option with which the kernel takes the index of no interface. */
export const existingInterface: Codec<number, string | number> = {
  ...interfaceByIndex,
  toNative: (value) => {
    const index = indexOf(value)
    if (index !== 0 && nameOfInterface(index) === '') throw noInterface(index)
    return index
  },
}
