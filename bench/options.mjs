// What one call that reads or sets an int option costs, beside C, node:dgram, Python and npm sockopt.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { control } from 'sockctl'
import { IP_TTL } from 'sockctl/options'
import { compile, python } from './support/floor.mjs'
import { loadPackage } from './support/packages.mjs'
import { perCall, takeTurns } from './support/rounds.mjs'
import { ahead, atMost } from './support/table.mjs'

export const title = 'An int option (IP_TTL), a call'
export const packages = ['sockopt']

const CALLS = 50_000
const ROUNDS = 21
const IPPROTO_IP = 0
const IP_TTL_NUMBER = 2

export async function* rows() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  const server = createServer().listen(0, '127.0.0.1')
  await Promise.all([once(socket, 'listening'), once(server, 'listening')])

  const byNumber = control(control(socket).fd)
  const byDgram = control(socket)
  const byServer = control(server)
  const set = (one) =>
    perCall(CALLS, (calls) => {
      for (let i = 0; i < calls; i++) one.setSync(IP_TTL, 1 + (i & 127))
    })
  const get = (one) =>
    perCall(CALLS, (calls) => {
      for (let i = 0; i < calls; i++) one.getSync(IP_TTL)
    })
  const c = compile('sockopt')
  const py = python('sockopt')
  const npm = loadPackage('sockopt')

  const contestants = {
    cSet: () => c('set', 4 * CALLS),
    cThreadedSet: () => c('set', 4 * CALLS, 'threaded'),
    setNumber: set(byNumber),
    setDgram: set(byDgram),
    setServer: set(byServer),
    awaitSet: perCall(CALLS, async (calls) => {
      for (let i = 0; i < calls; i++) await byDgram.set(IP_TTL, 1 + (i & 127))
    }),
    cGet: () => c('get', 4 * CALLS),
    cThreadedGet: () => c('get', 4 * CALLS, 'threaded'),
    getNumber: get(byNumber),
    getDgram: get(byDgram),
    getServer: get(byServer),
    awaitGet: perCall(CALLS, async (calls) => {
      for (let i = 0; i < calls; i++) await byDgram.get(IP_TTL)
    }),
    setTTL: perCall(CALLS, (calls) => {
      for (let i = 0; i < calls; i++) socket.setTTL(1 + (i & 127))
    }),
    ...(py && { pySet: () => py('set', CALLS), pyGet: () => py('get', CALLS) }),
    ...(!npm.missing && {
      npmSet: perCall(CALLS, (calls) => {
        for (let i = 0; i < calls; i++) npm.setsockopt(server, IPPROTO_IP, IP_TTL_NUMBER, 1 + (i & 127))
      }),
      npmGet: perCall(CALLS, (calls) => {
        for (let i = 0; i < calls; i++) npm.getsockopt(server, IPPROTO_IP, IP_TTL_NUMBER)
      }),
    }),
  }
  await takeTurns(contestants, 1)
  const medians = await takeTurns(contestants, ROUNDS)
  const { cSet, cGet, cThreadedSet, cThreadedGet, setTTL, pySet, pyGet, npmSet, npmGet, ...ours } = medians
  socket.close()
  server.close()

  const row = (label, value, name, floor, goal) => ({
    label,
    ours: value,
    unit: 'ns',
    floor: { name, value: floor },
    goal,
  })
  yield row('setSync, a number', ours.setNumber, 'C setsockopt', cSet, atMost(1.6))
  yield row('setSync, a dgram.Socket', ours.setDgram, 'C setsockopt', cSet, atMost(1.6))
  yield row('getSync, a number', ours.getNumber, 'C getsockopt', cGet, atMost(1.6))
  yield row('getSync, a dgram.Socket', ours.getDgram, 'C getsockopt', cGet, atMost(1.6))
  yield row('await set, a dgram.Socket', ours.awaitSet, 'C setsockopt', cSet, atMost(3))
  yield row('await get, a dgram.Socket', ours.awaitGet, 'C getsockopt', cGet)
  yield row('setSync, a dgram.Socket', ours.setDgram, 'dgram.setTTL', setTTL)
  // In a process with several threads, such as Node, the kernel counts the users of a descriptor at each call.
  yield row('C setsockopt in a process with a second thread', cThreadedSet, 'C setsockopt', cSet)
  yield row('C getsockopt in a process with a second thread', cThreadedGet, 'C getsockopt', cGet)
  if (py) {
    yield row('setSync, a number', ours.setNumber, 'Python setsockopt', pySet, ahead)
    yield row('getSync, a number', ours.getNumber, 'Python getsockopt', pyGet, ahead)
  } else yield { label: 'setSync and getSync, beside Python', skipped: 'there is no python3' }
  if (npm.missing) yield { label: 'setSync and getSync, beside npm sockopt', skipped: npm.missing }
  else {
    yield row('setSync, a net.Server', ours.setServer, 'npm sockopt', npmSet, ahead)
    yield row('getSync, a net.Server', ours.getServer, 'npm sockopt', npmGet, ahead)
  }
}
