import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { control } from 'sockctl'
import { compile } from './support/floor.mjs'
import { takeTurns } from './support/rounds.mjs'
import { atMost, below } from './support/table.mjs'
import { watchTicks } from './support/ticks.mjs'

export const title = '10,000 joins issued together, 16 to a socket'
export const needsNamespace = true

const SOCKETS = 625
const EACH = 16
const ROUNDS = 11

const channels = Array.from({ length: EACH }, (_, i) => ({ group: `239.255.0.${i + 1}`, interface: 'lo' }))

const oneByOne = (controls) => Promise.all(controls.flatMap((one) => channels.map((channel) => one.join(channel))))
const groupByGroup = (controls) => Promise.all(channels.flatMap((channel) => controls.map((one) => one.join(channel))))
const allOfEach = (controls) => Promise.all(controls.map((one) => one.joinAll(channels)))

async function openSockets() {
  const sockets = Array.from({ length: SOCKETS }, () => createSocket('udp4').bind(0, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'listening')))
  return sockets
}

async function closeSockets(sockets) {
  await Promise.all(sockets.map((socket) => new Promise((closed) => socket.close(closed))))
}

/** Runs `issue` on sockets made for it: how long it took, and the longest tick meanwhile goes to `ticks`. */
const round = (issue, ticks) => async () => {
  const sockets = await openSockets()
  const controls = sockets.map(control)
  globalThis.gc()
  const watch = watchTicks()
  const start = process.hrtime.bigint()
  await issue(controls)
  const time = Number(process.hrtime.bigint() - start)
  ticks.push(watch.longest() / 1e6)
  watch.stop()
  await closeSockets(sockets)
  return time / 1e6
}

export async function* rows() {
  const c = compile('joins')
  const ways = {
    'join, a socket after the other': oneByOne,
    'join, a group after the other': groupByGroup,
    'joinAll on each socket': allOfEach,
  }
  const ticks = {}
  const contestants = { C: () => c(SOCKETS, EACH) / 1e6 }
  for (const [what, issue] of Object.entries(ways)) {
    ticks[what] = []
    contestants[what] = round(issue, ticks[what])
  }
  const medians = await takeTurns(contestants, ROUNDS)
  for (const what of Object.keys(ways)) {
    yield {
      what,
      ours: medians[what],
      unit: 'ms',
      floor: { name: 'C MCAST_JOIN_GROUP', value: medians.C },
      goal: atMost(2),
    }
    // Of all rounds, not of the median one: a tick that is long once is long.
    yield { what: `${what}: longest tick`, ours: Math.max(...ticks[what]), unit: 'ms', goal: below(5) }
  }
}
