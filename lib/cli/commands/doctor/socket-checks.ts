// Checks the sockets of other programs on the port: mostly one of them is the socket that receives nothing.

import { arrivedOf, explains } from './arrival.ts'
import { dropsOf, obstacleOf, ownObstacleOf, passedAtAll, whyNotJoined } from './asked-sockets.ts'
import { routeBy } from './choose-interface.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { AskedSocket } from './inside-socket.ts'
import type { Observation } from './observation.ts'
import { withRights } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'

/** If datagrams reach UDP, or the doctor's own socket, once the doctor has joined, that is an experiment. */
const certaintyOf = (seen: Observation) => (!seen.passive && arrivedOf(seen) > 0 ? 'proven' : 'likely')

function boundCheck(socket: AskedSocket, wanted: WantedChannel, seen: Observation, isOnly: boolean): Finding {
  const { owner, address, port, drops } = socket
  const obstacle = obstacleOf(socket, wanted, seen) ?? ownObstacleOf(socket, wanted, seen)
  if (obstacle !== undefined) {
    const says = `${owner} ${obstacle.text}`
    if (!isOnly) return warn('socket', { says, advice: obstacle.advice })
    return fail('socket', {
      says,
      advice: obstacle.advice,
      cause: `${owner} has port ${port}, but ${obstacle.text}`,
      certainty: certaintyOf(seen),
      rank: RANK.notTakenBySocket,
    })
  }
  const dropped = dropsOf(socket, seen)
  if (dropped > 0) {
    const full = (socket.more?.unread ?? 0) > 0
    const says = `the socket of ${owner} dropped ${dropped} datagrams meanwhile, ${drops} in all`
    const found = {
      says,
      advice: full ? 'read faster, or raise SO_RCVBUF (and net.core.rmem_max)' : 'look at the filter of that socket',
      cause: full
        ? `${owner} does not read fast enough, and its receive buffer is full`
        : `${owner} refuses the datagrams: a filter of its socket drops them`,
      certainty: 'likely',
      rank: RANK.socketDrops,
    } as const
    return explains(dropped, Math.max(1, passedAtAll(seen)))
      ? fail('socket', found)
      : warn('socket', { says, advice: found.advice })
  }
  const earlier = drops > 0 ? `; it has dropped ${drops} datagrams before` : ''
  return pass('socket', `${owner} is bound to ${address}:${port}${earlier}`)
}

/** Whether somebody had joined the group before the doctor did. */
function joinedCheck(wanted: WantedChannel, seen: Observation, owner: string): Finding[] {
  const why = whyNotJoined(wanted, seen)
  const { group, on } = wanted
  const { port } = seen
  const comesTo = seen.flows.find(
    ({ interfaceIndex, outgoing }) => !outgoing && seen.joinedBefore.some(({ index }) => index === interfaceIndex),
  )
  // The program is right, and the question was for another interface.
  if (why !== undefined && comesTo !== undefined && comesTo.interfaceIndex !== on.index)
    return [warn('joined', { says: `${why}, where the stream comes in` })]
  if (why === undefined) return [pass('joined', `${group} was joined on ${on.name} before the doctor joined`)]
  return [
    fail('joined', {
      says: `${owner} has port ${port}, but ${why}`,
      advice: `have ${owner} join ${group} on ${on.name}; a program that names no interface follows the route: ${routeBy(group, on.name)}, and start it again`,
      cause: `${owner} has port ${port}, but ${why}`,
      certainty: certaintyOf(seen),
      rank: RANK.notJoined,
    }),
  ]
}

export function socketChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const { port } = seen
  if (port === undefined) return []
  const { sockets } = seen.before
  if (sockets.length === 0) {
    if (!seen.passive) return []
    const text = `no program on this host has port ${port}`
    return [
      fail('socket', {
        says: text,
        advice: 'start the program, or run doctor without --passive',
        cause: text,
        certainty: 'likely',
        rank: RANK.notTakenBySocket,
      }),
    ]
  }
  const now = sockets.map((one) => seen.after.sockets.find(({ inode }) => inode === one.inode) ?? one)
  const able = now.filter((one) => obstacleOf(one, wanted, seen) === undefined)
  const isNoneLeft = able.every((one) => ownObstacleOf(one, wanted, seen) !== undefined)
  const [first] = able
  return [
    ...now.map((one) => boundCheck(one, wanted, seen, isNoneLeft)),
    ...(first === undefined ? [] : joinedCheck(wanted, seen, first.owner)),
    ...ownerCheck(port, now),
    ...bindCheck(seen),
  ]
}

/** Of processes of other users only the user is told. */
function ownerCheck(port: number, sockets: readonly AskedSocket[]): Finding[] {
  if (sockets.every(({ processes = [] }) => processes.length > 0)) return []
  const needs = 'CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH'
  const remedy = `run doctor ${withRights('them')}, and outside of a container that has its own /proc`
  return [skip('owner', `which program has port ${port} is not seen; to see it needs ${needs}: ${remedy}`)]
}

function bindCheck({ port, bindRefused }: Observation): Finding[] {
  if (bindRefused === undefined) return []
  return [
    warn('bind', {
      says: bindRefused.message,
      advice: 'set SO_REUSEADDR on both sockets before bind, if another program is to share the port',
      cause: `another socket has port ${port} for itself`,
      certainty: 'possible',
      rank: RANK.portTaken,
    }),
  ]
}

/** Whether the stream flows to a socket that was asked about: one of another program on the port, else the doctor's. */
export function flowsToAsked(wanted: WantedChannel, seen: Observation): boolean {
  const { sockets } = seen.before
  const arrived = arrivedOf(seen)
  const counts = seen.delivered ?? seen.passed
  if (arrived === 0 || wanted.sources.some((source) => !counts?.has(source))) return false
  if (sockets.length === 0) return !seen.passive && seen.delivered !== undefined
  if (whyNotJoined(wanted, seen) !== undefined) return false
  return seen.after.sockets.some(
    (socket) =>
      sockets.some(({ inode }) => inode === socket.inode) &&
      (obstacleOf(socket, wanted, seen) ?? ownObstacleOf(socket, wanted, seen)) === undefined &&
      !explains(dropsOf(socket, seen), Math.max(1, passedAtAll(seen))),
  )
}
