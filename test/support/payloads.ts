import type { TwoHosts } from './hosts.ts'

/** Sends these payloads, as they are and in order, from host B through b0. */
export async function sendPayloads(
  hosts: TwoHosts,
  group: string,
  port: number,
  payloads: readonly Uint8Array[],
): Promise<void> {
  const { b } = hosts.pairs[0]
  const address = b[group.includes(':') ? 'ipv6' : 'ipv4'][0]
  await using sender = hosts.spawn('B', 'payload-sender.mjs', [b.name, address])
  const inHex = payloads.map((bytes) => Buffer.from(bytes).toString('hex'))
  await sender.request('send', { to: { address: group, port }, payloads: inHex })
}
