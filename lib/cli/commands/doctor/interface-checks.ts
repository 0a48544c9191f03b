// Checks the interface: its state, and its addresses.

import type { Interface } from '../../../index.ts'
import { parseAddress, withoutZone } from '../../../net/address.ts'
import { type Finding, fail, type Problem, pass, RANK, warn } from './finding.ts'
import { readText, sysctl, sysctlName } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'

function stateOf({ name, flags, mtu }: Interface): Finding {
  if (!flags.up)
    return fail('interface', {
      says: `${name} is down`,
      fix: `ip link set ${name} up`,
      cause: `the interface ${name} is down`,
      certainty: 'proven',
      rank: RANK.interfaceDown,
    })
  if (!flags.running)
    return fail('interface', {
      says: `${name} is up, but has no carrier`,
      advice: `check the cable, the switch's port or the other end of ${name}`,
      cause: `the interface ${name} has no carrier: nothing is plugged in, or the other end is down`,
      certainty: 'proven',
      rank: RANK.noCarrier,
    })
  if (!flags.multicast && !flags.loopback)
    return warn('interface', {
      says: `${name} is up, but not marked MULTICAST: programs that look for an interface pass it over`,
      fix: `ip link set ${name} multicast on`,
      cause: `${name} is not marked MULTICAST, and programs that look for an interface pass it over`,
      certainty: 'possible',
      rank: RANK.noAddress,
    })
  const lo = flags.loopback ? ', loopback: only packets this host sends arrive there' : ''
  return pass('interface', `${name} is up and takes multicast (MTU ${mtu})${lo}`)
}

const IFA_F_DADFAILED = 0x08

/** Whether another host has the address too. /proc/net/if_inet6: address, index, prefix, scope, flags, name */
function isDuplicate(index: number, address: string): boolean {
  const hex = Buffer.from(parseAddress(withoutZone(address))?.bytes ?? []).toString('hex')
  return readText('/proc/net/if_inet6')
    .split('\n')
    .map((line) => line.split(/\s+/))
    .some(
      ([found, on = '', , , flags = '']) =>
        found === hex && Number.parseInt(on, 16) === index && (Number.parseInt(flags, 16) & IFA_F_DADFAILED) !== 0,
    )
}

function addressOf({ on, family }: WantedChannel): Finding {
  const own = on.addresses.filter((one) => one.family === family)
  const [first] = family === 'ipv4' ? own : own.filter(({ address }) => /^fe[89ab]/i.test(address))
  if (first !== undefined && family === 'ipv6' && isDuplicate(on.index, first.address))
    return warn('address', {
      says: `another host has ${first.address} too, and ${on.name} can't use it: MLD reports go out without a source`,
      advice: `give ${on.name} an address of its own: ip -6 address show dev ${on.name} dadfailed`,
      cause: `${on.name} has no link-local address that it can use, and switches may pass over its MLD reports`,
      certainty: 'possible',
      rank: RANK.noSource,
    })
  if (first !== undefined) return pass('address', `${on.name} has ${own.map(({ address }) => address).join(', ')}`)
  if (on.flags.loopback && own.length > 0) return pass('address', `${on.name} has ${own[0]?.address}`)
  if (family === 'ipv6' && sysctl(`net/ipv6/conf/${on.name}/disable_ipv6`) === 1)
    return fail('address', {
      says: `IPv6 is switched off on ${on.name}`,
      fix: `sysctl -w ${sysctlName(`net/ipv6/conf/${on.name}/disable_ipv6`)}=0`,
      cause: `IPv6 is switched off on ${on.name}`,
      certainty: 'proven',
      rank: RANK.noAddress,
    })
  const [what, why, fix] =
    family === 'ipv4'
      ? (['IPv4 address', 'IGMP reports go out from 0.0.0.0, which routers may pass over', undefined] as const)
      : ([
          'link-local address',
          'MLD reports need one to go out',
          `ip link set ${on.name} addrgenmode eui64 && ip link set ${on.name} down && ip link set ${on.name} up`,
        ] as const)
  const found: Problem = {
    says: `${on.name} has no ${what}: ${why}`,
    fix,
    advice: `give ${on.name} an address`,
    cause: `${on.name} has no ${what}`,
    // Datagrams of IPv4 come in all the same, if the network brings them.
    certainty: family === 'ipv4' ? 'possible' : 'likely',
    rank: RANK.noAddress,
  }
  return family === 'ipv4' ? warn('address', found) : fail('address', found)
}

export const interfaceChecks = (wanted: WantedChannel): Finding[] => [stateOf(wanted.on), addressOf(wanted)]
