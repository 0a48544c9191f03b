// Joins on many sockets at once, beside the same system calls in C.
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

// Plain loops, as in the C program.
function oneByOne(controls) {
  const joins = []
  for (const one of controls) for (const channel of channels) joins.push(one.join(channel))
  return Promise.all(joins)
}

function groupByGroup(controls) {
  const joins = []
  for (const channel of channels) for (const one of controls) joins.push(one.join(channel))
  return Promise.all(joins)
}

const allOfEach = (controls) => Promise.all(controls.map((one) => one.joinAll(channels)))

async function openSockets() {
  const sockets = Array.from({ length: SOCKETS }, () => createSocket('udp4').bind(0, '127.0.0.1'))
  await Promise.all(sockets.map((socket) => once(socket, 'listening')))
  return sockets
}

/**
 * A contestant: what `measure` gives for joining all. The sockets stay open between rounds, as in a program that runs
 * for days, and all groups are left after each round.
 */
const round = (controls, issue, measure) => async () => {
  const milliseconds = await measure(() => issue(controls))
  await Promise.all(controls.flatMap(({ memberships }) => memberships.map((membership) => membership.leave())))
  return milliseconds
}

const now = () => Number(process.hrtime.bigint())

async function time(act) {
  const start = now()
  await act()
  return (now() - start) / 1e6
}

/** In rounds of their own: watching keeps the event loop turning, which takes processor time from the worker thread. */
async function longestTick(act) {
  const watch = watchTicks()
  await act()
  watch.stop()
  return watch.longest() / 1e6
}

export async function* rows() {
  const c = compile('joins')
  const ways = {
    'join, a socket after the other': oneByOne,
    'join, a group after the other': groupByGroup,
    'joinAll on each socket': allOfEach,
  }
  const sockets = await openSockets()
  const controls = sockets.map(control)
  const contestants = { C: async () => (await c(SOCKETS, EACH)) / 1e6 }
  for (const [label, issue] of Object.entries(ways)) {
    contestants[label] = round(controls, issue, time)
    contestants[`${label}: longest tick`] = round(controls, issue, longestTick)
  }
  const cold = await takeTurns(contestants, 1)
  const medians = await takeTurns(contestants, ROUNDS)
  for (const socket of sockets) socket.close()
  const [first] = Object.keys(ways)
  yield { label: `${first}: the first of a process`, ours: cold[first], unit: 'ms' }
  for (const label of Object.keys(ways)) {
    const floor = { name: 'C MCAST_JOIN_GROUP', value: medians.C }
    const tick = `${label}: longest tick`
    yield { label, ours: medians[label], unit: 'ms', floor, goal: atMost(2) }
    yield { label: tick, ours: medians[tick], unit: 'ms', goal: below(5) }
  }
}
