// The rules of this host's firewall that drop packets, as nft or iptables tell them.

import type { IpFamily } from '../../../net/address.ts'
import { arrivedOf } from './arrival.ts'
import { type Finding, fail, pass, RANK, skip, warn } from './finding.ts'
import type { DroppingRule, Observation } from './observation.ts'
import { askProgram } from './program.ts'
import { type WantedChannel, wantedFlows } from './wanted-channel.ts'

/** The rules in the output of `nft list ruleset` that drop or reject, and the policies that drop. */
export function parseNft(text: string): DroppingRule[] {
  const rules: DroppingRule[] = []
  let table = ''
  let chain = ''
  for (const line of text.split('\n').map((one) => one.trim())) {
    const head = /^(table|chain) (.+) \{/.exec(line)
    if (head?.[1] === 'table') table = head[2] ?? ''
    else if (head?.[1] === 'chain') chain = head[2] ?? ''
    else if (/\bpolicy drop;/.test(line)) rules.push({ text: `${table} ${chain}: policy drop`, packets: undefined })
    else if (/\b(?:drop|reject)\b/.test(line) && chain !== '') {
      const packets = /\bcounter packets (\d+)/.exec(line)?.[1]
      rules.push({
        text: `${table} ${chain}: ${line.replace(/counter packets \d+ bytes \d+ ?/, '')}`,
        packets: packets === undefined ? undefined : Number(packets),
      })
    }
    if (line === '}') chain = ''
  }
  return rules
}

/**
 * The rules in the output of `iptables-save -c` that drop or reject, `[packets:bytes] -A CHAIN ... -j DROP`, and such
 * policies.
 */
export function parseIptables(text: string): DroppingRule[] {
  return text.split('\n').flatMap((line) => {
    const [, packets, rule] = /^\[(\d+):\d+\] (-A .*-j (?:DROP|REJECT).*)$/.exec(line) ?? []
    if (rule !== undefined) return [{ text: rule, packets: Number(packets) }]
    const [, chain, dropped] = /^:(\S+) DROP \[(\d+):\d+\]/.exec(line) ?? []
    return chain === undefined ? [] : [{ text: `${chain}: policy DROP`, packets: Number(dropped) }]
  })
}

/** The rules that may drop; undefined if they can't be read, for want of privilege or of a program that tells them. */
export async function droppingRules(family: IpFamily): Promise<DroppingRule[] | undefined> {
  const nft = await askProgram('nft', ['list', 'ruleset'])
  if (nft !== undefined) return parseNft(nft)
  const iptables = await askProgram(family === 'ipv4' ? 'iptables-save' : 'ip6tables-save', ['-c'])
  return iptables === undefined ? undefined : parseIptables(iptables)
}

/** What the firewall's rules did to the datagrams meanwhile. */
export function firewallChecks(wanted: WantedChannel, seen: Observation): Finding[] {
  const { before, after } = seen
  if (before.rules === undefined || after.rules === undefined)
    return [skip('firewall', "the firewall's rules can't be read (that needs nft or iptables-save, and root)")]
  if (after.rules.length === 0) return [pass('firewall', 'no rule drops anything')]
  const had = new Map(before.rules.map(({ text, packets }) => [text, packets]))
  const risen = after.rules.filter(({ text, packets }) => packets !== undefined && packets > (had.get(text) ?? 0))
  const lost = arrivedOf(seen) === 0 && wantedFlows(wanted, seen.flows).length > 0
  const [rule] = risen
  if (rule !== undefined) {
    const found = {
      says: `a rule dropped ${(rule.packets ?? 0) - (had.get(rule.text) ?? 0)} packets meanwhile: ${rule.text}`,
      advice: `accept ${wanted.group} before that rule`,
    }
    // If no datagrams are missing, the rule dropped others.
    if (!lost) return [warn('firewall', found)]
    return [
      fail('firewall', {
        ...found,
        cause: `the firewall drops the datagrams: ${rule.text}`,
        certainty: 'likely',
        rank: RANK.firewallDropped,
      }),
    ]
  }
  const silent = after.rules.filter(({ packets }) => packets === undefined)
  if (silent.length === 0) return [pass('firewall', `${after.rules.length} rules may drop; none did meanwhile`)]
  const says = `${silent.length} rules may drop without counting, such as ${silent[0]?.text}`
  return [
    lost ? warn('firewall', { says, advice: 'give the rules counters: nft ... counter drop' }) : pass('firewall', says),
  ]
}
