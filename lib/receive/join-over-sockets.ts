// Joins many channels over the sockets of a receiver.
import { setImmediate } from 'node:timers/promises'
import { SocketOptionError } from '../base/errors.ts'
import type { KeptTarget } from '../control/keeper-host.ts'
import type { Channel, Membership } from '../control/membership.ts'
import { undoJoins } from '../control/undo-joins.ts'
import { isForWantOfInterface } from '../control/wanted-interface.ts'
import { CHANNELS_PER_TURN, type ChannelJoin, resolveChannels } from './channel-join.ts'
import { planJoins, type SocketShare, type SocketsState } from './join-plan.ts'
import { familyOfGroup, type ReceiverSocket } from './receiver-socket.ts'

/** The sockets of a receiver, and how to have more of them. */
export interface SocketPool extends SocketsState {
  /** Whether further sockets may be opened for what a socket has no room for. */
  readonly mayGrow: boolean
  /** Throws if the receiver is closed. */
  mustBeOpen(): void
  open(boundTo: string | undefined): Promise<ReceiverSocket>
  close(socket: ReceiverSocket): Promise<void>
}

/** Opening a socket keeps the event loop about as long as joining so many channels. */
const CHANNELS_PER_OPEN = 30

interface JoinCall {
  readonly pool: SocketPool
  readonly signal: AbortSignal | undefined
  readonly stopsAtError: boolean
  readonly joins: readonly ChannelJoin[]
  readonly opened: Set<ReceiverSocket>
  hasError: boolean
}

/** Joins all channels or none. Channels without an interface are put into the list for them, if there is one. */
export async function joinAllOverSockets(
  pool: SocketPool,
  channels: readonly (Channel | Membership)[],
  signal: AbortSignal | undefined,
  absent?: (Channel | Membership)[],
): Promise<Membership[]> {
  pool.mustBeOpen()
  const resolved = await resolveChannels(channels)
  const joins = resolved.filter(({ outcome }, i) => {
    if (absent === undefined || !isForWantOfInterface(outcome)) return true
    absent.push(channels[i] as Channel)
    return false
  })
  const call: JoinCall = { pool, signal, stopsAtError: true, joins, opened: new Set(), hasError: joins.some(hasFailed) }
  try {
    mustHaveNoError(call)
    await joinOverSockets(call)
    return joins.map(({ outcome }) => outcome as Membership)
  } catch (error) {
    return await undo(call, error)
  }
}

/** Joins each channel that can be joined: a membership or an error for each, in their order. */
export async function joinEachOverSockets(
  pool: SocketPool,
  channels: readonly (Channel | Membership)[],
): Promise<unknown[]> {
  pool.mustBeOpen()
  return joinEachOf(pool, await resolveChannels(channels))
}

/** Joins each of some channels whose interfaces are known. */
export async function joinTargetsOverSockets(pool: SocketPool, targets: readonly KeptTarget[]): Promise<unknown[]> {
  pool.mustBeOpen()
  return joinEachOf(
    pool,
    targets.map((target) => ({ ...target, outcome: undefined })),
  )
}

async function joinEachOf(pool: SocketPool, joins: readonly ChannelJoin[]): Promise<unknown[]> {
  const call: JoinCall = {
    pool,
    signal: undefined,
    stopsAtError: false,
    joins,
    opened: new Set(),
    hasError: joins.some(hasFailed),
  }
  try {
    await joinOverSockets(call)
  } catch (error) {
    for (const join of joins) join.outcome ??= error
  }
  await Promise.all([...call.opened].filter(isEmpty).map((socket) => pool.close(socket)))
  return joins.map(({ outcome }) => outcome)
}

/** In rounds, since a socket has room for a part of its share only, or nobody knows yet how much it takes. */
async function joinOverSockets(call: JoinCall): Promise<void> {
  let left = call.joins.filter(isLeft)
  while (left.length > 0) {
    mustGoOn(call)
    const { shares, planned } = await planJoins(left, call.pool)
    mustGoOn(call)
    await joinShares(call, shares)
    mustGoOn(call)
    mustHaveNoError(call)
    left = left.slice(0, planned).filter(isLeft).concat(left.slice(planned))
  }
}

const isLeft = ({ outcome }: ChannelJoin): boolean => outcome === undefined

const hasFailed = ({ outcome }: ChannelJoin): boolean => outcome instanceof Error

function mustHaveNoError({ stopsAtError, hasError, joins }: JoinCall): void {
  if (stopsAtError && hasError) throw joins.find(hasFailed)?.outcome
}

function mustGoOn({ pool, signal }: JoinCall): void {
  signal?.throwIfAborted()
  pool.mustBeOpen()
}

/** Opens the sockets that are needed and joins the share of each. At most two turns' channels wait for the kernel. */
async function joinShares(call: JoinCall, shares: readonly SocketShare[]): Promise<void> {
  let before: Promise<unknown> = Promise.resolve()
  let now: Promise<void>[] = []
  let issued = 0
  try {
    for (const { socket: known, boundTo, channels } of shares) {
      const socket = known ?? (await call.pool.open(boundTo))
      if (known === undefined) {
        call.opened.add(socket)
        issued += CHANNELS_PER_OPEN
      }
      for (let from = 0; from < channels.length; from += CHANNELS_PER_TURN) {
        const piece = channels.slice(from, from + CHANNELS_PER_TURN)
        now.push(joinOn(call, socket, piece))
        issued += piece.length
        if (issued < CHANNELS_PER_TURN) continue
        await Promise.all([setImmediate(), before])
        before = Promise.all(now)
        now = []
        issued = 0
        mustGoOn(call)
        if (call.stopsAtError && call.hasError) return
      }
    }
  } finally {
    await Promise.all([before, ...now])
  }
}

/** Notes the outcome of each channel, but not of those that go to another socket for want of room. Never rejects. */
async function joinOn(call: JoinCall, socket: ReceiverSocket, channels: readonly ChannelJoin[]): Promise<void> {
  const { pool, opened } = call
  let outcomes: readonly unknown[]
  try {
    outcomes = await socket.join(channels)
  } catch (error) {
    for (const channel of channels) channel.outcome = error
    call.hasError = true
    return
  }
  learnFromTaken(pool, socket, channels)
  const mayJoinElsewhere = pool.mayGrow && !(opened.has(socket) && isEmpty(socket))
  for (const [i, channel] of channels.entries()) {
    const outcome = outcomes[i]
    if (mayJoinElsewhere && outcome instanceof SocketOptionError && outcome.reason === 'limit')
      learnFromRefused(pool, socket, channel)
    else {
      channel.outcome = outcome
      call.hasError ||= outcome instanceof Error
    }
  }
}

const isEmpty = ({ groupCounts }: ReceiverSocket): boolean => groupCounts.ipv4 + groupCounts.ipv6 === 0

function learnFromTaken(pool: SocketPool, socket: ReceiverSocket, channels: readonly ChannelJoin[]): void {
  pool.groupRoom.ipv4.took(socket.groupCounts.ipv4)
  pool.groupRoom.ipv6.took(socket.groupCounts.ipv6)
  let last: ChannelJoin | undefined
  for (const channel of channels) {
    if (channel.source === undefined) continue
    if (channel.group === last?.group && channel.on.index === last.on.index) continue
    last = channel
    pool.sourceRoom[familyOfGroup(channel.group)].took(socket.membershipsBeside(channel).length)
  }
}

function learnFromRefused(pool: SocketPool, socket: ReceiverSocket, channel: ChannelJoin): void {
  const family = familyOfGroup(channel.group)
  const room = socket.membershipsBeside(channel).length > 0 ? pool.sourceRoom[family] : pool.groupRoom[family]
  room.refused(socket === pool.sockets[0])
  socket.noteRefusal(channel)
}

async function undo({ pool, opened, joins }: JoinCall, error: unknown): Promise<never> {
  // Newest first, as the kernel searches its list of memberships. A membership of a closed socket needs no leave.
  await Promise.allSettled([...opened].reverse().map((socket) => pool.close(socket)))
  const joined = joins.flatMap(({ outcome }) =>
    outcome instanceof Error ? [] : ((outcome as Membership | undefined) ?? []),
  )
  return undoJoins(joined.reverse(), error)
}
