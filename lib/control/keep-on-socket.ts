// Memberships of a socket that Node or the program reads, kept alive.
import { createAlarm } from '../base/alarm.ts'
import { callback, checkFields } from '../base/check-fields.ts'
import { badValue } from '../base/errors.ts'
import type { SocketHandle } from '../calls/socket-handle.ts'
import { type ChannelEvent, type KeepOptions, keepRule, planKeep } from './keep-options.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import type { KeptTarget } from './keeper-host.ts'
import type { ChannelMembership, Membership } from './membership.ts'
import type { MembershipRegistry } from './registry.ts'

/** What a join takes besides its channel. */
export interface JoinOptions {
  /**
   * Keep the membership whatever becomes of its interface. Default: as the receiver keeps its channels; false for any other socket. Neither
   * `renewAfter` nor `waitForInterface`, which are for receivers.
   */
  keep?: boolean | KeepOptions | undefined
  /** Called when the membership is lost, or is back; with `keep: false` if its interface is removed. */
  onChange?: ((event: ChannelEvent) => void) | undefined
}

type JoinEach = (
  socket: SocketHandle,
  registry: MembershipRegistry<ChannelMembership>,
  targets: readonly KeptTarget[],
) => Promise<unknown[]>

const FIELDS = { keep: keepRule, onChange: callback }

function checkedJoinOptions(options: JoinOptions): JoinOptions {
  const checked = checkFields(options, FIELDS, 'join')
  const plan = planKeep(checked.keep ?? false, 'join')
  for (const name of ['renewAfter', 'waitForInterface'] as const)
    if (plan?.[name] !== undefined && plan[name] !== false)
      throw badValue(`join: keep: ${name} is for openReceiver: a join of a socket can't do that`)
  return checked
}

/** Joins, and keeps the membership as its options say. */
export async function joinKept(
  socket: SocketHandle,
  registry: MembershipRegistry<ChannelMembership>,
  join: () => Promise<Membership>,
  joinEach: JoinEach,
  options: JoinOptions,
): Promise<Membership> {
  const { keep, onChange } = checkedJoinOptions(options)
  if (registry.keeper === undefined) {
    if ((keep === undefined || keep === false) && onChange === undefined) return join()
    registry.keeper = createSocketKeeper(socket, registry, joinEach)
  }
  const keeper = registry.keeper as Keeper
  const watching = keeper.begin()
  const membership = (await join()) as ChannelMembership
  await watching
  keeper.keep(membership, keep === undefined ? undefined : keep !== false, onChange)
  return membership
}

function createSocketKeeper(
  socket: SocketHandle,
  registry: MembershipRegistry<ChannelMembership>,
  joinEach: JoinEach,
): Keeper {
  const owner = socket.owner()
  if (owner.isBareNumber === true)
    throw badValue('join: keep needs the socket itself: nobody can see when the socket of a bare number is closed')
  const keeper = createKeeper({
    registries: () => [registry],
    join: (targets) => joinEach(socket, registry, targets),
    keepsAll: false,
    alarm: createAlarm(),
    isOpen: () => registry.isOpen(owner),
  })
  socket.onClose?.(() => {
    registry.keeper = undefined
    void keeper.close()
  })
  return keeper
}
