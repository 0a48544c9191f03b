// What reading all options of a TCP socket costs.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { control } from 'sockctl'
import { TCP_INFO } from 'sockctl/options'
import { compile } from './support/floor.mjs'
import { perCall, takeTurns } from './support/rounds.mjs'
import { atMost, below } from './support/table.mjs'

export const title = 'All of a TCP socket'

const CALLS = 20_000
const SNAPSHOTS = 200
const ROUNDS = 11

export async function* rows() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect(server.address().port, '127.0.0.1')
  await Promise.all([once(socket, 'connect'), once(server, 'connection')])
  const one = control(socket)
  const c = compile('tcp_info')
  const contestants = {
    c: () => c(4 * CALLS),
    getSync: perCall(CALLS, (calls) => {
      for (let i = 0; i < calls; i++) one.getSync(TCP_INFO)
    }),
    awaitGet: perCall(CALLS, async (calls) => {
      for (let i = 0; i < calls; i++) await one.get(TCP_INFO)
    }),
    snapshot: perCall(SNAPSHOTS, async (calls) => {
      for (let i = 0; i < calls; i++) await one.snapshot()
    }),
  }
  const start = process.hrtime.bigint()
  await one.snapshot()
  const first = Number(process.hrtime.bigint() - start)
  await takeTurns(contestants, 1)
  const medians = await takeTurns(contestants, ROUNDS)
  socket.destroy()
  server.close()

  const floor = { name: 'C getsockopt', value: medians.c }
  yield { label: 'getSync(TCP_INFO)', ours: medians.getSync, unit: 'ns', floor, goal: atMost(4) }
  yield { label: 'await get(TCP_INFO)', ours: medians.awaitGet, unit: 'ns', floor, goal: atMost(4) }
  yield { label: 'snapshot()', ours: medians.snapshot / 1e6, unit: 'ms', goal: below(1) }
  yield { label: 'snapshot(), the first of a process', ours: first / 1e6, unit: 'ms' }
}
