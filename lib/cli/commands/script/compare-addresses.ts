// The order of addresses.

import { parseAddress } from '../../../net/address.ts'

/** Compares two addresses of one family by their bytes. */
export const compareAddresses = (a: string, b: string): number =>
  Buffer.compare(parseAddress(a)?.bytes ?? new Uint8Array(), parseAddress(b)?.bytes ?? new Uint8Array())
