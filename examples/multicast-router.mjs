// Route a group from one interface to others, as a static router (needs CAP_NET_RAW): node multicast-router.mjs group from to[:ttl]...
import { readFileSync } from 'node:fs'
import { SocketAddress } from 'node:net'
import { openSocket } from 'sockctl'
import { MRT_ADD_MFC, MRT_ADD_VIF, MRT_INIT, MRT6_ADD_MFC, MRT6_ADD_MIF, MRT6_INIT } from 'sockctl/options'

const [group = '239.255.10.1', from = 'lo', ...to] = process.argv.slice(2)
const leaving = to.map((text) => text.split(':')).map(([name, ttl = 1]) => ({ name, ttl: Number(ttl) }))

// What differs between the families: IPv6 has no thresholds, and the kernel asks by ICMPv6 instead of IGMP.
const IPV4 = {
  socket: { family: 'ipv4', type: 'raw', protocol: 'IPPROTO_IGMP' },
  init: MRT_INIT,
  addInterface: (number, name) => [MRT_ADD_VIF, { vifi: number, interface: name }],
  addRoute: (route) => [MRT_ADD_MFC, { ...route, ttls: [0, ...leaving.map(({ ttl }) => ttl)] }],
  // struct igmpmsg: an IP header with the message's type instead of a TTL, and 0 as the protocol.
  asksFor: (data) => (data[8] === 1 && data[9] === 0 ? data.subarray(16, 20).join('.') : undefined),
  counters: '/proc/net/ip_mr_cache',
}
const IPV6 = {
  socket: { family: 'ipv6', type: 'raw', protocol: 'IPPROTO_ICMPV6' },
  init: MRT6_INIT,
  addInterface: (number, name) => [MRT6_ADD_MIF, { mifi: number, interface: name }],
  addRoute: (route) => [MRT6_ADD_MFC, { ...route, ifset: leaving.map((_, index) => index + 1) }],
  // struct mrt6msg: 0 where ICMPv6 has its type, then the message's type; the group is at 24.
  asksFor: (data) => (data[0] === 0 && data[1] === 1 ? ipv6(data.toString('hex', 24, 40)) : undefined),
  counters: '/proc/net/ip6_mr_cache',
}
const of = group.includes(':') ? IPV6 : IPV4

function ipv6(hex) {
  return new SocketAddress({ family: 'ipv6', address: hex.match(/.{4}/g).join(':') }).address
}

const router = (await openSocket(of.socket)).toMessageSocket()
const { control } = router
await control.set(of.init, true)
for (const [number, name] of [from, ...leaving.map(({ name }) => name)].entries())
  await control.set(...of.addInterface(number, name))
// The network before this router is asked for the group, as by any member.
await control.join({ group, interface: from })
console.log(`routing ${group} from ${from} to ${to.join(', ')}`)

process.once('SIGINT', async () => {
  console.log(readFileSync(of.counters, 'utf8').trimEnd())
  await router.close() // and with it the interfaces and the routes
})

// The kernel keeps the first packets of a source, and asks for a route by a message from their source.
for await (const batch of router)
  for (const { data, source } of batch)
    if (of.asksFor(data) === group) {
      await control.set(...of.addRoute({ source: source.address, group, parent: 0 }))
      console.log(`a route for ${source.address}`)
    }
