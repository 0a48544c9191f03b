// Requests and answers of a soak: every request is answered once, with its own bytes, from the address that was asked.
import { openSocket, type SocketSpecOf } from 'sockctl'
import { SO_RCVBUF } from 'sockctl/options'
import type { Random } from '../support/random.ts'

/** Requests to one server from several clients, which may be aborted in between: what went wrong. */
export async function askAndAnswer(random: Random): Promise<string[]> {
  const options = [[SO_RCVBUF, 1 << 20]] as const
  const family = random.pick(['ipv4', 'ipv6'] as const)
  const address = family === 'ipv4' ? random.pick(['127.0.0.1', '127.0.0.2']) : '::1'
  const open = async (spec: object, how: object) =>
    (await openSocket({ family, type: 'dgram', options, ...spec } as SocketSpecOf<'ipv4' | 'ipv6'>)).toMessageSocket(
      how,
    )
  await using server = await open(
    { bind: { port: 0 } },
    { reuseBuffers: random.chance(0.5), readInterval: random.below(3) },
  )
  const { port } = server.address as { port: number }
  const serving = (async () => {
    for await (const batch of server) await Promise.all(batch.map((one) => server.reply(one, one.data)))
  })()
  const problems: string[] = []
  // Chosen before anything runs at once, so that a seed replays.
  const clients = Array.from({ length: 1 + random.below(5) }, (_, client) => ({
    client,
    connected: random.chance(0.5),
    requests: Array.from({ length: 1 + random.below(60) }, (_, n) => Buffer.from(`${client} ${n}`)),
    patience: Array.from({ length: 8 }, () => (random.chance(0.25) ? 1 : 5000)),
  }))
  const ask = async ({ client, connected, requests, patience }: (typeof clients)[number]): Promise<void> => {
    await using socket = await open({}, {})
    if (connected) await socket.connect({ address, port } as never)
    await socket.send(requests, { address, port } as never)
    const missing = new Set(requests.map(String))
    for (let turn = 0; missing.size > 0; turn++) {
      const signal = AbortSignal.timeout(patience[turn % patience.length] ?? 5000)
      const batch = await socket.receive({ signal }).catch(() => [])
      for (const { data, source } of batch) {
        if (!missing.delete(String(data))) problems.push(`client ${client} was not to get ${data}`)
        if (source.address !== address || source.port !== port)
          problems.push(`an answer of ${source.address}, asked was ${address}`)
      }
    }
  }
  await Promise.all(clients.map(ask))
  await server.close()
  await serving
  return problems
}
