// Why an interface that exists does not send, and an address that exists can't be used: looked up once a call has failed.

import { formatAddress, IFA_F_DADFAILED, IFA_F_TENTATIVE, parseAddress, withoutZone } from './address.ts'
import { interfaces } from './interfaces.ts'

/** An IPv6 address of this host, as a line of /proc/net/if_inet6 has it. */
interface Ipv6Address {
  readonly address: string
  readonly index: number
  readonly isTentative: boolean
  readonly isDuplicate: boolean
}

function read(path: string): string {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const ipv6Addresses = (): Ipv6Address[] =>
  read('/proc/net/if_inet6')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [address = '', index = '', , , flags = ''] = line.split(' ')
      const bits = Number.parseInt(flags, 16)
      return {
        address: formatAddress(Buffer.from(address, 'hex')),
        index: Number.parseInt(index, 16),
        isTentative: (bits & IFA_F_TENTATIVE) !== 0,
        isDuplicate: (bits & IFA_F_DADFAILED) !== 0,
      }
    })

const stillChecked = (address: string, name: string): string =>
  `${address} of ${name} is still checked for duplicates (DAD) and can't be used yet: wait a second or two, or add it with nodad`

/** Why no datagram of a family leaves by an interface, and what to do; `undefined` if nothing is found. */
export function whyNotSending(index: number, ipv6: boolean): string | undefined {
  const found = interfaces().find((one) => one.index === index)
  if (found === undefined) return undefined
  const { name, flags } = found
  if (!flags.up) return `${name} is down: ip link set ${name} up`
  if (!ipv6)
    return found.addresses.some(({ family }) => family === 'ipv4')
      ? undefined
      : `${name} has no IPv4 address: give it one`
  if (read(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`).trim() === '1')
    return `IPv6 is switched off on ${name}: sysctl -w net.ipv6.conf.${name}.disable_ipv6=0`
  const own = ipv6Addresses().filter((one) => one.index === index)
  const [first] = own
  if (first === undefined) return `${name} has no IPv6 address: give it one`
  if (own.every(({ isDuplicate }) => isDuplicate))
    return `another host has the address ${first.address} of ${name} too (DAD failed): choose another`
  return own.every(({ isTentative }) => isTentative) ? stillChecked(first.address, name) : undefined
}

/** Why a local IPv6 address can't be bound although an interface has it; `undefined` if none has. */
export function whyNotUsable(address: string): string | undefined {
  const bytes = parseAddress(withoutZone(address))?.bytes
  const wanted = bytes === undefined ? '' : formatAddress(bytes)
  const found = ipv6Addresses().find((one) => one.address === wanted)
  if (found === undefined) return undefined
  const name = interfaces().find(({ index }) => index === found.index)?.name ?? `interface ${found.index}`
  if (found.isDuplicate) return `another host has ${wanted} too (DAD failed on ${name}): choose another address`
  return found.isTentative ? stillChecked(wanted, name) : undefined
}
