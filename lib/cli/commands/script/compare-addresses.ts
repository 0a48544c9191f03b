import { parseAddress } from '../../../net/address.ts'

/** Addresses of one family in the order of their numbers. */
export const compareAddresses = (a: string, b: string): number =>
  Buffer.compare(parseAddress(a)?.bytes ?? new Uint8Array(), parseAddress(b)?.bytes ?? new Uint8Array())
