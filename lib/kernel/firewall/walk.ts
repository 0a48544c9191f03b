// The way of one datagram through the hooks and chains of this host's firewall.

import type { BaseChain, Chain, FilteredPacket, Obstacle, PacketState, Rule, Table, Verdict } from './model.ts'
import { ALL, both, NONE, type Portion, rest, together, unjudged } from './portion.ts'

/** Deeper than the kernel lets rules jump. */
const MAX_DEPTH = 32
/** How many rules are followed at most: jumps can visit the same chain again and again. */
const MAX_RULES = 1_000_000

/** Chains of a lower priority come before connection tracking. To them each datagram's connection is invalid. */
const CONNECTION_TRACKING = -200

export interface Path {
  /** What takes the datagram away, or may, in the order the datagram meets the rules. */
  readonly obstacles: readonly Obstacle[]
  /** Whether there were too many rules to follow all of them. */
  readonly cutShort: boolean
}

interface Stop {
  readonly family: string
  readonly hook: string
  /** The names rules see, if not the interface's own. */
  readonly names: readonly string[]
}

/** The hooks that the datagram passes, in their order. */
function stopsOf({ direction, family, interface: on }: FilteredPacket): Stop[] {
  const ip = family === 'ipv4' ? 'ip' : 'ip6'
  const own = [on.name]
  if (direction === 'out')
    return [
      ...['output', 'postrouting'].map((hook) => ({ family: ip, hook, names: own })),
      ...(on.isBridge ? ['output', 'postrouting'].map((hook) => ({ family: 'bridge', hook, names: on.below })) : []),
      { family: 'netdev', hook: 'egress', names: own },
    ]
  return [
    { family: 'netdev', hook: 'ingress', names: [...on.below, on.name] },
    ...(on.isBridge ? ['prerouting', 'input'].map((hook) => ({ family: 'bridge', hook, names: on.below })) : []),
    ...['prerouting', 'input'].map((hook) => ({ family: ip, hook, names: own })),
  ]
}

const serves = (table: Table, stop: Stop): boolean =>
  table.family === stop.family ||
  (table.family === 'inet' && (stop.family === 'ip' || stop.family === 'ip6' || stop.hook === 'ingress'))

/** What of the datagrams passes a chain at a device: that of the interface itself all do, one of several ports perhaps. */
function reaching(base: BaseChain, packet: FilteredPacket): Portion {
  const { name, below } = packet.interface
  if (base.hook !== 'ingress' && base.hook !== 'egress') return ALL
  if (base.devices === undefined) return unjudged('the device of the chain')
  if (base.devices.includes(name)) return ALL
  if (packet.direction === 'out') return NONE
  const covered = below.filter((one) => base.devices?.includes(one)).length
  if (covered === 0) return NONE
  return covered === below.length ? ALL : unjudged('which port the datagram came in by')
}

/** The program that edits a table of iptables: `ip6tables-legacy`. */
export const iptablesProgram = ({ family, tool }: Table): string =>
  `${family === 'ip6' ? 'ip6tables' : 'iptables'}${tool === 'iptables-legacy' ? '-legacy' : ''}`

/** A rule with its place: `inet filter input: udp dport 5000 drop`, `iptables -t filter -A INPUT -j DROP`. */
function obstacleText(table: Table, chain: Chain, rule: Rule | undefined): string {
  if (table.tool === 'nft') return `${table.family} ${table.name} ${chain.name}: ${rule?.text() ?? 'policy drop'}`
  return `${iptablesProgram(table)} -t ${table.name} ${rule?.text() ?? `-P ${chain.name} DROP`}`
}

/**
 * Follows a datagram through all chains it meets, and lists what takes it away or may. Chains of hooks that are to be
 * taken as accepting the datagram are passed over.
 */
export function followPacket(
  tables: readonly Table[],
  packet: FilteredPacket,
  accepting: ReadonlySet<Chain> = new Set(),
): Path {
  const found = new Map<Rule | Chain, Obstacle>()
  let visited = 0
  let connection: PacketState['connection'] = 'new'
  let mark: bigint | undefined = 0n
  const rewritten = new Set<string>()
  /** What is still on its way to the socket: less than all after a rule that sends datagrams elsewhere. */
  let underway = ALL
  let lost = false

  const meet = (
    place: { table: Table; chain: Chain; base: Chain },
    rule: Rule | undefined,
    does: Obstacle['does'],
    portion: Portion,
  ): void => {
    if (portion === NONE || portion.most === 0) return
    const { table, chain, base } = place
    const key = rule ?? chain
    const earlier = found.get(key)
    if (earlier !== undefined && earlier.portion.least >= portion.least) return
    const packets = rule === undefined ? chain.base?.policyPackets : rule.packets()
    found.set(key, { table, chain, base, rule, text: obstacleText(table, chain, rule), does, portion, packets })
  }

  /** Follows a chain; gives the portion of what enters it that does not come back. */
  const follow = (
    table: Table,
    chain: Chain,
    entering: Portion,
    state: PacketState,
    base: Chain,
    depth: number,
  ): Portion => {
    // What has not met a final verdict in this chain, and what has, of what entered.
    let here = ALL
    let gone = NONE
    const isNat = base.base?.type === 'nat'
    const take = (rule: Rule, matched: Portion, verdict: Verdict): void => {
      const hit = both(here, matched)
      if (hit.most === 0) return
      const met = both(entering, hit)
      switch (verdict.kind) {
        case 'accept':
          gone = together(gone, hit)
          here = both(here, rest(matched))
          return
        case 'return':
          here = both(here, rest(matched))
          return
        case 'drop':
          meet({ table, chain, base }, rule, 'drops', isNat ? both(met, unjudged('first of its connection')) : met)
          // A datagram that is only perhaps dropped here may be dropped for sure by a later rule: it goes on.
          if (hit.least >= 1) {
            gone = ALL
            here = NONE
            lost ||= met.least >= 1
          } else if (matched.least >= 1) here = NONE
          return
        case 'divert':
          meet({ table, chain, base }, rule, 'diverts', met)
          underway = both(underway, rest(met))
          gone = together(gone, hit)
          here = both(here, rest(matched))
          return
        case 'ask':
          meet({ table, chain, base }, rule, 'asks', met)
          here = both(here, rest(matched))
          gone = together(gone, hit)
          return
        case 'jump':
        case 'goto': {
          const target = table.chains.get(verdict.chain)
          const taken =
            target === undefined || depth >= MAX_DEPTH
              ? unjudged(`chain ${verdict.chain}`)
              : follow(table, target, met, state, base, depth + 1)
          gone = together(gone, both(hit, taken))
          here = both(here, rest(verdict.kind === 'goto' ? matched : both(matched, taken)))
          return
        }
      }
    }
    for (const rule of chain.rules) {
      if (here.most === 0 || visited >= MAX_RULES) break
      visited++
      for (const { portion, verdict } of rule.judge(packet, state, both(entering, here).least >= 1))
        take(rule, portion, verdict)
    }
    return gone
  }

  for (const stop of stopsOf(packet)) {
    const chains = tables
      .filter((table) => table.dormant !== true && serves(table, stop))
      .flatMap((table) =>
        [...table.chains.values()]
          .filter((chain) => chain.base?.hook === stop.hook && !accepting.has(chain))
          .map((chain) => ({ table, chain, priority: chain.base?.priority ?? 0 })),
      )
      .toSorted((a, b) => a.priority - b.priority)
    for (const { table, chain } of chains) {
      const { base } = chain
      if (base === undefined || lost) continue
      let entering = both(underway, reaching(base, packet))
      if (table.dormant === undefined) entering = both(entering, unjudged('whether the table is dormant'))
      if (entering.most === 0) continue
      const early = base.priority < CONNECTION_TRACKING && ['prerouting', 'output'].includes(stop.hook)
      const seen: PacketState['connection'] = early && connection === 'new' ? 'invalid' : connection
      const state: PacketState = { hook: stop.hook, interfaceNames: stop.names, connection: seen, mark, rewritten }
      if (stop.family === 'netdev')
        state.interfaceNames = base.devices?.includes(packet.interface.name) ? [packet.interface.name] : stop.names
      const gone = follow(table, chain, entering, state, chain, 0)
      if (state.connection !== seen) connection = state.connection
      mark = state.mark
      if (base.policy !== 'drop') continue
      const met = both(entering, rest(gone))
      meet({ table, chain, base: chain }, undefined, 'drops', met)
      lost ||= met.least >= 1
    }
  }
  return { obstacles: [...found.values()], cutShort: visited >= MAX_RULES }
}
