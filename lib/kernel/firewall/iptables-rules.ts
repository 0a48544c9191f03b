// Reads the output of iptables-save and ip6tables-save.

import { iptablesJudge } from './iptables-rule.ts'
import type { Chain, Rule, Table } from './model.ts'

const PRIORITIES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 }
const HOOKS = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])

/** The tables in the output of `iptables-save -c` or `ip6tables-save -c`. */
export function parseIptablesRules(text: string, family: 'ip' | 'ip6', isLegacy: boolean): Table[] {
  const tables: Table[] = []
  let chains = new Map<string, Chain>()
  let rules = new Map<string, Rule[]>()
  let name = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      name = line.slice(1).trim()
      chains = new Map()
      rules = new Map()
      tables.push({ tool: isLegacy ? 'iptables-legacy' : 'iptables-nft', family, name, dormant: false, chains })
    } else if (line.startsWith(':')) {
      const [, chain, policy, packets] = /^:(\S+) (\S+)(?: \[(\d+):\d+\])?/.exec(line) ?? []
      if (chain === undefined) continue
      const own: Rule[] = []
      rules.set(chain, own)
      const base = HOOKS.has(chain) && {
        hook: chain.toLowerCase(),
        // Only the input chain of nat comes after filter.
        priority: name === 'nat' && chain === 'INPUT' ? 100 : (PRIORITIES[name] ?? 0),
        type: name === 'nat' ? 'nat' : 'filter',
        policy: policy === 'DROP' ? ('drop' as const) : ('accept' as const),
        policyPackets: packets === undefined ? undefined : Number(packets),
      }
      chains.set(chain, { name: chain, rules: own, ...(base !== false && { base }) })
    } else {
      const [, packets, chain, rest = ''] = /^(?:\[(\d+):\d+\] )?-A (\S+)(.*)$/.exec(line) ?? []
      const own = rules.get(chain ?? '')
      const ownRules = rules
      if (chain === undefined || own === undefined) continue
      const met = packets === undefined ? undefined : Number(packets)
      own.push({
        position: own.length + 1,
        text: () => `-A ${chain}${rest}`,
        packets: () => met,
        judge: iptablesJudge(rest, (target) => ownRules.has(target)),
      })
    }
  }
  return tables
}
