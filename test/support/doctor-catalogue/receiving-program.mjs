// A program that receives, as users write them: what it does wrong is in its arguments.
import { openSocket } from 'sockctl'
import {
  IP_MULTICAST_ALL,
  IPV6_V6ONLY,
  SO_ATTACH_FILTER,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SO_REUSEADDR,
} from 'sockctl/options'
import { serve, tell } from '../stdio.mjs'

const plan = JSON.parse(process.argv.at(-1))
const family = plan.address.includes(':') ? 'ipv6' : 'ipv4'
const options = [
  ...(plan.exclusive ? [] : [[SO_REUSEADDR, true]]),
  ...(plan.device ? [[SO_BINDTODEVICE, plan.device]] : []),
  ...(plan.buffer ? [[SO_RCVBUF, plan.buffer]] : []),
  ...(plan.v6only ? [[IPV6_V6ONLY, true]] : []),
  ...(plan.takesAll === false ? [[IP_MULTICAST_ALL, false]] : []),
  // One instruction that returns 0: the socket refuses each datagram.
  ...(plan.refuses ? [[SO_ATTACH_FILTER, [{ code: 0x06, jt: 0, jf: 0, k: 0 }]]] : []),
]
const socket = await openSocket({
  family,
  type: 'dgram',
  options,
  bind: { address: plan.address, port: plan.port },
  ...(plan.peer && { connect: { address: plan.peer, port: 9 } }),
})
for (const { blocks, ...channel } of plan.joins ?? []) {
  const membership = await socket.control.join(channel)
  if (blocks) await membership.block(blocks)
}
tell({ ready: true })
if (plan.reads !== false) {
  const reader = socket.toMessageSocket()
  ;(async () => {
    for await (const _ of reader);
  })()
}
await serve({})
