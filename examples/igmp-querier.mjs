// Ask a network for its memberships, as an IGMPv3 querier does (RFC 3376): node igmp-querier.mjs eth0. CAP_NET_RAW
import { openSocket } from 'sockctl'
import { IP_MULTICAST_TTL, IP_OPTIONS } from 'sockctl/options'

const [on = 'lo', every = '125'] = process.argv.slice(2)
const routerAlert = Buffer.from([0x94, 4, 0, 0]) // RFC 2113
const options = [
  [IP_OPTIONS, routerAlert],
  [IP_MULTICAST_TTL, 1],
]
const socket = (await openSocket({ family: 'ipv4', type: 'raw', protocol: 'IPPROTO_IGMP', options })).toMessageSocket()
await socket.control.join({ group: '224.0.0.22', interface: on }) // where reports go

// A general query: type 0x11, answers within 1 s, checksum, no group, robustness 2, asked every 125 s, no sources.
const ask = () =>
  socket.send(Buffer.from('110aec7800000000027d0000', 'hex'), { address: '224.0.0.1' }, { interface: on })
setInterval(ask, every * 1000)
await ask()

for await (const batch of socket)
  for (const { data, source } of batch) {
    const igmp = data.subarray((data[0] & 15) * 4) // behind the IP header
    if (igmp[0] === 0x22) console.log(`${source.address} reports ${igmp.readUInt16BE(6)} groups`)
  }
