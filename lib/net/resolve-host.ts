// The address of a host given by address or name.

import { lookup } from 'node:dns/promises'
import { badValue, SocketOptionError, show } from '../base/errors.ts'
import { canonical } from './address.ts'

/** The address of a host given by address or by name. */
export async function hostAddress(host: string): Promise<string> {
  if (typeof host !== 'string' || host === '')
    throw badValue(`the server is ${show(host)}: an IP address or a name is needed`)
  const address = canonical(host)
  if (address !== undefined) return address
  try {
    return (await lookup(host)).address
  } catch (error) {
    const { code = 'ENOTFOUND' } = error as NodeJS.ErrnoException
    throw new SocketOptionError(`${host} can't be looked up (${code})`, { code, reason: 'system' })
  }
}
