// Which of the settings given for connections of either family a socket of one family gets.

import { native } from '../binding/native.ts'
import type { IpFamily } from '../net/address.ts'
import { partsOf } from '../options/option.ts'
import { IP_BIND_ADDRESS_NO_PORT, IP_LOCAL_PORT_RANGE } from '../options/table/ip.ts'
import type { Setting } from './socket-spec.ts'

/** Options of IPPROTO_IP that IPv6 has no option of its own for: the kernel heeds them on IPv6 sockets too. ip(7) */
const FOR_BOTH = [IP_BIND_ADDRESS_NO_PORT, IP_LOCAL_PORT_RANGE]

/** Leaves out the settings whose level is that of the other family. */
export function settingsOfFamily(settings: readonly Setting[], family: IpFamily): Setting[] {
  const { IPPROTO_IP, IPPROTO_IPV6 } = native.constants
  return settings.filter(([option]) => {
    const { levelNumber, number } = partsOf(option)
    if (levelNumber === IPPROTO_IPV6) return family === 'ipv6'
    return (
      levelNumber !== IPPROTO_IP || family === 'ipv4' || FOR_BOTH.some((option) => partsOf(option).number === number)
    )
  })
}
