// Tells of this host's interfaces: those that are there, and then each change.
import { abortSignal, checkFields } from '../base/check-fields.ts'
import { onAbort } from '../base/on-abort.ts'
import { addressesWithout, type LinkState, type LinkStep, type LinkTable, put } from '../kernel/link-table.ts'
import type { LinkAddress } from '../kernel/rtnl-address.ts'
import { isOfOneLink } from '../net/address.ts'
import { flagsFromNative, type Interface, type InterfaceAddress } from '../net/interfaces.ts'
import { watchLinks } from './interface-watch.ts'

/** What `watchInterfaces` takes. */
export interface WatchInterfacesOptions {
  /** Ends the loop. */
  signal?: AbortSignal | undefined
}

/** An interface is there, came, went, or is not as it was. */
export interface InterfaceStateChange {
  /**
   * - `present`: there as the watch begins; told first, once for each interface, in order of index
   * - `appeared`: made, or moved here from another network namespace; addresses come later
   * - `removed`: deleted, or moved to another network namespace
   * - `up`: set up and running, `IFF_UP` and `IFF_RUNNING`, so that datagrams pass
   * - `down`: no longer both
   * - `mtu`: has another MTU
   * - `flags`: has other flags, and is neither up since nor down: set up without a carrier, for example
   */
  type: 'present' | 'appeared' | 'removed' | 'up' | 'down' | 'mtu' | 'flags'
  /** The interface as it is now, or was last. */
  interface: Interface
}

/** An interface has another name; its index stays. */
export interface InterfaceRenamed {
  /** The kind of change. */
  type: 'renamed'
  /** The interface with its new name. */
  interface: Interface
  /** The name before. */
  previousName: string
}

/** An address was added to an interface, or removed. */
export interface InterfaceAddressChange {
  /** The kind of change. */
  type: 'address-added' | 'address-removed'
  /** The interface with the addresses it has now. */
  interface: Interface
  /** The address that was added or removed. An IPv6 address that was added may still be checked for duplicates. */
  address: InterfaceAddress
}

/** An interface has come under a master, such as a bridge, a bond or a VRF, or is free of its master. */
export interface InterfaceMoved {
  /** The kind of change. */
  type: 'moved'
  /** The interface as it is now. */
  interface: Interface
  /** The index of the master's interface; `undefined` if there is none any more. */
  master: number | undefined
}

/** What `watchInterfaces` tells. */
export type InterfaceChange = InterfaceStateChange | InterfaceRenamed | InterfaceAddressChange | InterfaceMoved

const FIELDS = { signal: abortSignal }

/**
 * Watches the network interfaces of this host: first tells which are there, then each change, as the kernel tells of it.
 *
 * Each loop over the result is a watch of its own, until the loop is left or the signal is aborted. All watches and
 * receivers of a thread share one netlink socket. A loop that waits keeps the program alive. If the kernel had no room
 * for all its notices, or the loop is thousands of changes behind, the differences to what was told last are told once;
 * what came and went meanwhile is not. A hardware address that changes is not told by itself. Linux. rtnetlink(7)
 * @throws SocketOptionError `bad-value` for a wrong option; in the loop, `unsupported` without the addon or on another
 * system, `limit` if descriptors or memory are used up
 */
export function watchInterfaces(options: WatchInterfacesOptions = {}): AsyncIterable<InterfaceChange> {
  options = checkFields(options, FIELDS, 'watchInterfaces')
  const { signal } = options
  return { [Symbol.asyncIterator]: () => changesUntil(signal) }
}

/** The most steps that wait for the loop. Beyond, the loop gets the differences instead. */
const MAX_STEPS = 4096

async function* changesUntil(signal: AbortSignal | undefined): AsyncGenerator<InterfaceChange, undefined> {
  const told: LinkTable = new Map()
  let steps: LinkStep[] = []
  let isBehind = true
  let wake: () => void = () => {}
  const isAborted = (): boolean => signal?.aborted === true
  if (isAborted()) return
  const watch = await watchLinks((change) => {
    if (change.type !== 'link' || isBehind) return
    if (steps.length < MAX_STEPS) steps.push(change)
    else isBehind = true
    wake()
  })
  const forgetSignal = signal && onAbort(signal, () => wake())

  /** The steps from what was told to what is. Changes that the table has already are passed to the listener before. */
  const catchUp = (): Promise<void> =>
    new Promise((resolve) => {
      process.nextTick(() => {
        isBehind = false
        steps = stepsBetween(told, watch.table)
        resolve()
      })
    })
  const nextStep = async (): Promise<void> => {
    watch.hold(true)
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    watch.hold(false)
  }

  try {
    await catchUp()
    const present = steps
    steps = []
    for (const { after } of present) {
      if (isAborted()) return
      if (after === undefined) continue
      put(told, after.index, after)
      yield { type: 'present', interface: interfaceOf(after) }
    }
    while (!isAborted()) {
      if (isBehind) await catchUp()
      const step = takeStep(told, steps)
      if (step === undefined) await nextStep()
      else
        for (const change of changesOf(step)) {
          yield change
          if (isAborted()) return
        }
    }
  } finally {
    forgetSignal?.()
    await watch.close()
  }
}

function stepsBetween(told: ReadonlyMap<number, LinkState>, table: ReadonlyMap<number, LinkState>): LinkStep[] {
  const indexes = [...new Set([...told.keys(), ...table.keys()])].sort((a, b) => a - b)
  return indexes.map((index) => ({ before: told.get(index), after: table.get(index) }))
}

/** The next step that changes what was told. */
function takeStep(told: LinkTable, steps: LinkStep[]): LinkStep | undefined {
  for (let next = steps.shift(); next !== undefined; next = steps.shift()) {
    const step = put(told, (next.after ?? next.before)?.index ?? 0, next.after)
    if (step !== undefined) return step
  }
  return undefined
}

function changesOf({ before, after }: LinkStep): InterfaceChange[] {
  if (after === undefined) return before === undefined ? [] : [{ type: 'removed', interface: interfaceOf(before) }]
  const now = interfaceOf(after)
  if (before === undefined) return [{ type: 'appeared', interface: now }]
  const changes: InterfaceChange[] = []
  if (before.name !== now.name) changes.push({ type: 'renamed', interface: now, previousName: before.name })
  if (before.master !== after.master) changes.push({ type: 'moved', interface: now, master: after.master })
  if (before.mtu !== now.mtu) changes.push({ type: 'mtu', interface: now })
  changes.push(...flagChanges(interfaceOf(before), now))
  for (const address of addressesWithout(before.addresses, after.addresses))
    changes.push({ type: 'address-removed', interface: now, address: addressOf(address, now.name) })
  for (const address of addressesWithout(after.addresses, before.addresses))
    changes.push({ type: 'address-added', interface: now, address: addressOf(address, now.name) })
  return changes
}

const isOperational = ({ flags }: Interface): boolean => flags.up && flags.running

function flagChanges(before: Interface, now: Interface): InterfaceChange[] {
  const changes: InterfaceChange[] = []
  const names = new Set(Object.keys(now.flags) as (keyof Interface['flags'])[])
  const operational = isOperational(now)
  if (operational !== isOperational(before)) {
    changes.push({ type: operational ? 'up' : 'down', interface: now })
    names.delete('up')
    names.delete('running')
  }
  if ([...names].some((name) => now.flags[name] !== before.flags[name])) changes.push({ type: 'flags', interface: now })
  return changes
}

function addressOf({ address, family, prefixLength }: LinkAddress, name: string): InterfaceAddress {
  const zone = family === 'ipv6' && isOfOneLink(address) ? `%${name}` : ''
  return { address: `${address}${zone}`, family, prefixLength }
}

const interfaceOf = ({ name, index, mtu, mac, flags, addresses }: LinkState): Interface => ({
  name,
  index,
  mtu,
  mac,
  flags: flagsFromNative(flags),
  addresses: addresses.map((address) => addressOf(address, name)),
})
