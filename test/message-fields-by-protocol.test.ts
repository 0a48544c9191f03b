// What one message may have of its own, over UDP, ICMP and raw sockets: the cases of Linux's selftests net/cmsg_so_mark.sh and
// net/cmsg_ipv6.sh.
import { type MessageSocket, openSocket, type SendChoice } from 'sockctl'
import { IPV6_DONTFRAG, IPV6_TCLASS, IPV6_UNICAST_HOPS, SO_MARK } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { ip, sysctl } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'

type Settings = Parameters<typeof openSocket>[0]['options']
type Inet = 'ipv4' | 'ipv6'
type Kind = 'udp' | 'icmp' | 'raw'

const KINDS = ['udp', 'icmp', 'raw'] as const
const IPPROTO_IPV6 = 41
const IPV6_HOPOPTS = 54
const IPV6_DSTOPTS = 59
const IPV6_RTHDRDSTOPTS = 55
/** Next header, length in units of 8 bytes, and PadN of four bytes. RFC 8200 4.2 */
const PADDING_HEADER = Buffer.from([0, 0, 1, 4, 0, 0, 0, 0])
const MARK = 1000
const TCLASS_REFUSED = 0x10
const TCLASS = 0x20
const HOPS = 4

/** The next header of the packets that a socket of each kind sends over IPv6. */
const NEXT_HEADER = { udp: 17, icmp: 58, raw: 58 }

async function socketOf(kind: Kind, family: Inet, options: Settings = []): Promise<MessageSocket> {
  const icmp = family === 'ipv4' ? 'IPPROTO_ICMP' : 'IPPROTO_ICMPV6'
  const type = kind === 'raw' ? 'raw' : 'dgram'
  const socket = await openSocket({ family, type, protocol: kind === 'udp' ? 0 : icmp, options } as never)
  const made = socket.toMessageSocket() as unknown as MessageSocket
  onTestFinished(() => made.close())
  return made
}

/** An echo request is a message that each of the sockets takes. */
const payload = (family: Inet, length = 8): Buffer =>
  Buffer.concat([
    Buffer.from(family === 'ipv4' ? '0800f7ff00000000' : '8000000000000000', 'hex'),
    Buffer.alloc(length - 8),
  ])

/** What a host sends by an interface over IPv6 is heard by a packet socket. */
async function tap(
  on: string,
): Promise<(kind: Kind, to: string) => Promise<{ trafficClass: number; hopLimit: number }>> {
  const socket = (
    await openSocket({ family: 'packet', type: 'dgram', protocol: 'ETH_P_ALL', bind: { interface: on } })
  ).toMessageSocket()
  onTestFinished(() => socket.close())
  return async (kind, to) => {
    const groups = to.split('::').map((half) => half.split(':').filter((one) => one !== ''))
    const zeros = Array.from({ length: 8 - groups.flat().length }, () => '0')
    const address = [...(groups[0] ?? []), ...zeros, ...(groups[1] ?? [])].map((one) => one.padStart(4, '0')).join('')
    for (;;)
      for (const { data, source } of await socket.receive())
        if (
          source.packetType === 'outgoing' &&
          source.protocol === 0x86dd &&
          data[6] === NEXT_HEADER[kind] &&
          data.subarray(24, 40).toString('hex') === address &&
          // Neighbour discovery is ICMPv6 too.
          (kind === 'udp' || data[40] === 128)
        )
          return { trafficClass: (data.readUInt16BE(0) >> 4) & 0xff, hopLimit: data[7] ?? 0 }
  }
}

/** A route that refuses what a rule chooses. */
async function refuseBy(family: Inet, ...rule: string[]): Promise<void> {
  const six = family === 'ipv6' ? ['-6'] : []
  await ip(...six, 'rule', 'add', ...rule, 'lookup', '310')
  await ip(...six, 'route', 'add', 'prohibit', 'default', 'table', '310')
  onTestFinished(async () => {
    await ip(...six, 'rule', 'delete', ...rule)
    await ip(...six, 'route', 'flush', 'table', '310')
  })
}

/** What the socket is given, what the message is given, for a value and another. */
const overrides = (
  option: unknown,
  field: string,
  value: unknown,
  other: unknown,
): [string, Settings, SendChoice][] => [
  ['by its socket', [[option, value]] as never, {}],
  ['by its own', [], { [field]: value }],
  ['by both', [[option, value]] as never, { [field]: value }],
  ['by its own against its socket', [[option, other]] as never, { [field]: value }],
]

describeOnHosts('a message', (hosts) => {
  const pinging = () => sysctl('net.ipv4.ping_group_range', '0 0')
  const target = (family: Inet) => {
    const { b } = hosts().pairs[0]
    return { address: b[family][0], port: 1234 }
  }

  it.each(KINDS.flatMap((kind) => (['ipv4', 'ipv6'] as const).map((family) => [kind, family] as const)))(
    'of %s over %s passes with a mark, and is refused by the route of another',
    async (kind, family) => {
      using _ = pinging()
      await refuseBy(family, 'fwmark', `${MARK}`)
      const socket = await socketOf(kind, family)
      await socket.send(payload(family), target(family), { mark: MARK + 1 })
      await expect(socket.send(payload(family), target(family), { mark: MARK })).rejects.toMatchObject({
        code: 'EACCES',
      })
      const marked = await socketOf(kind, family, [[SO_MARK, MARK]])
      await expect(marked.send(payload(family), target(family))).rejects.toMatchObject({ code: 'EACCES' })
      await marked.send(payload(family), target(family), { mark: MARK + 1 })
    },
  )

  it.each(KINDS)(
    'of %s longer than the MTU is fragmented or refused as it says, else as its socket says',
    async (kind) => {
      using _ = pinging()
      for (const wanted of [false, true])
        for (const [how, options, choice] of overrides(IPV6_DONTFRAG, 'dontFragment', wanted, !wanted)) {
          const socket = await socketOf(kind, 'ipv6', options)
          const code = await socket.send(payload('ipv6', 2000), target('ipv6'), choice).then(
            () => 'sent',
            (error) => error.code,
          )
          expect({ how, wanted, code }).toEqual({ how, wanted, code: wanted ? 'EMSGSIZE' : 'sent' })
        }
    },
  )

  it.each(KINDS)('of %s has the traffic class that it says, else its socket’s', async (kind) => {
    using _ = pinging()
    await refuseBy('ipv6', 'tos', `0x${TCLASS_REFUSED.toString(16)}`)
    const sent = await tap('a0')
    const to = target('ipv6')
    for (const [, options, choice] of overrides(IPV6_TCLASS, 'trafficClass', TCLASS, TCLASS_REFUSED)) {
      await (await socketOf(kind, 'ipv6', options)).send(payload('ipv6'), to, choice)
      expect(await sent(kind, to.address)).toMatchObject({ trafficClass: TCLASS })
    }
    for (const [, options, choice] of overrides(IPV6_TCLASS, 'trafficClass', TCLASS_REFUSED, TCLASS))
      await expect((await socketOf(kind, 'ipv6', options)).send(payload('ipv6'), to, choice)).rejects.toMatchObject({
        code: 'EACCES',
      })
  })

  it.each(KINDS)('of %s has the hop limit that it says, else its socket’s', async (kind) => {
    using _ = pinging()
    const sent = await tap('a0')
    const to = target('ipv6')
    for (const [, options, choice] of overrides(IPV6_UNICAST_HOPS, 'hopLimit', HOPS, HOPS + 1)) {
      await (await socketOf(kind, 'ipv6', options)).send(payload('ipv6'), to, choice)
      expect(await sent(kind, to.address)).toMatchObject({ hopLimit: HOPS })
    }
  })

  it.each(KINDS)('of %s takes extension headers', async (kind) => {
    using _ = pinging()
    const socket = await socketOf(kind, 'ipv6')
    for (const type of [IPV6_HOPOPTS, IPV6_DSTOPTS, IPV6_RTHDRDSTOPTS])
      await socket.send(payload('ipv6'), target('ipv6'), {
        ancillary: [{ level: IPPROTO_IPV6, type, data: PADDING_HEADER }],
      })
  })
})
