// The rules of a firewall that take a datagram away, as the rules are listed and as the kernel applies them.

import dgram from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certaintyOf, type FilteredPacket, type Table } from '../../lib/kernel/firewall/model.ts'
import { parseNftRuleset, parseNftTexts } from '../../lib/kernel/firewall/nft-ruleset.ts'
import { followPacket } from '../../lib/kernel/firewall/walk.ts'
import { isMalformed } from '../../lib/protocols/malformed.ts'
import { nftMissing, run } from '../support/commands.ts'
import { describeUnless, namespaceMissing } from '../support/namespace.ts'
import { fc } from '../support/property.ts'

const GROUP = '239.1.1.1'
const PORT = 5000

const packet: FilteredPacket = {
  family: 'ipv4',
  direction: 'in',
  interface: { name: 'lo', index: 1, group: 0, below: [], isBridge: false, isLoopback: true },
  source: '127.0.0.1',
  destination: GROUP,
  protocol: 'udp',
  sourcePort: undefined,
  destinationPort: PORT,
  hopLimit: 1,
  fragmented: false,
  routeToSource: 'same',
}

/** Loads the rules, and reads them as nft lists them. */
async function listed(rules: string): Promise<Table[]> {
  await run('nft', ['-f', '-'], `flush ruleset\n${rules}`)
  const [json, text] = [await run('nft', ['-j', 'list', 'ruleset']), await run('nft', ['-a', 'list', 'ruleset'])]
  const tables = parseNftRuleset(json, parseNftTexts(text))
  if (isMalformed(tables)) throw new Error(tables.malformed)
  return tables
}

/** `always inet t input: drop`, ... for each rule that takes the datagram away or may. */
const told = (tables: readonly Table[], of: Partial<FilteredPacket> = {}): string[] =>
  followPacket(tables, { ...packet, ...of }).obstacles.map((obstacle) => `${certaintyOf(obstacle)} ${obstacle.text}`)

const input = (rules: string, policy = 'accept', more = ''): string => `
table inet t {
  ${more}
  chain input {
    type filter hook input priority filter; policy ${policy};
    ${rules}
  }
}
`

describeUnless(namespaceMissing ?? nftMissing, 'rules of nft', () => {
  afterAll(() => run('nft', ['flush', 'ruleset']))

  it.each([
    ['a rule for it', `udp dport ${PORT} drop`, [`always inet t input: udp dport ${PORT} drop`]],
    [
      'a rule for its group',
      `ip daddr 239.0.0.0/8 reject`,
      ['always inet t input: ip daddr 239.0.0.0/8 reject with icmp port-unreachable'],
    ],
    ['a rule for another port', 'udp dport 5001 drop', []],
    ['a rule for another group', 'ip daddr 239.1.1.2 drop', []],
    ['a rule for another interface', 'iifname "eth0" drop', []],
    ['a rule for other interfaces by a wildcard', 'iifname "eth*" drop', []],
    ['a rule for all interfaces of a name', 'iifname "l*" drop', ['always inet t input: iifname "l*" drop']],
    ['a rule for another protocol', 'tcp dport 5000 drop', []],
    ['a negated rule for another protocol', 'tcp dport != 1 drop', []],
    ['a negated rule', 'udp dport != 5001 drop', ['always inet t input: udp dport != 5001 drop']],
    ['a rule for IPv6', 'ip6 daddr != ff15::2 drop', []],
    ['a log that says drop', 'log prefix "would drop" accept', []],
    ['an earlier rule that accepts', `ip daddr ${GROUP} accept; drop`, []],
    ['a set with intervals', 'udp dport { 1-4999, 6000 } drop', []],
    [
      'a set that has it',
      'udp dport { 22, 4000-6000 } drop',
      ['always inet t input: udp dport { 22, 4000-6000 } drop'],
    ],
    ['a port that is not known', 'udp sport 4000 drop', ['perhaps inet t input: udp sport 4000 drop']],
    ['what is not understood', 'ct mark 1 drop', ['perhaps inet t input: ct mark 0x00000001 drop']],
    ['a rate limit', 'limit rate over 10/second drop', ['share inet t input: limit rate over 10/second drop']],
    ['one in ten', 'numgen random mod 10 < 3 drop', ['share inet t input: numgen random mod 10 < 3 drop']],
    ['connections that are known', 'ct state established,related accept; ct state invalid drop', []],
    ['a mark that nothing set', 'meta mark 1 drop', []],
    [
      'a mark that a rule set',
      'meta mark set 1; meta mark and 0x1 == 1 drop',
      ['always inet t input: meta mark & 0x00000001 == 0x00000001 drop'],
    ],
    ['an interface by its index', 'iif lo drop', ['always inet t input: iif "lo" drop']],
    ['the type of its address', 'fib daddr type != multicast drop', []],
    ['the route to its source', 'fib saddr . iif oif missing drop', []],
    ['the type of its frame', 'meta pkttype multicast drop', []],
  ])('%s', async (_, rules, expected) => {
    expect(told(await listed(input(rules.replaceAll('; ', '\n'))))).toEqual(expected)
  })

  it('a policy drops what no rule accepted, and a limited rule accepts a part', async () => {
    expect(told(await listed(input('tcp dport 22 accept', 'drop')))).toEqual(['always inet t input: policy drop'])
    expect(told(await listed(input(`udp dport ${PORT} accept`, 'drop')))).toEqual([])
    const tables = await listed(input(`udp dport ${PORT} limit rate 10/second accept`, 'drop'))
    expect(told(tables)).toEqual(['share inet t input: policy drop'])
    const [policy] = followPacket(tables, { ...packet, perSecond: 40 }).obstacles
    expect(policy?.portion).toMatchObject({ least: 0.75, most: 1 })
  })

  it('jumps come back, and gotos go to the policy', async () => {
    const chains = `chain DROP_STATS { counter return
      drop
    }
    chain other { udp dport 5001 drop
    }
    chain accepts { accept
    }`
    expect(told(await listed(input('jump DROP_STATS\njump other', 'accept', chains)))).toEqual([])
    expect(told(await listed(input('goto other\naccept', 'drop', chains)))).toEqual([
      'always inet t input: policy drop',
    ])
    expect(told(await listed(input('udp sport 1 goto accepts\nmeta mark 0 drop', 'accept', chains)))).toEqual([
      'perhaps inet t input: meta mark 0x00000000 drop',
    ])
    expect(told(await listed(input('udp sport 1 jump other\ndrop', 'accept', chains)))).toEqual([
      'always inet t input: drop',
    ])
  })

  it('verdict maps and named sets are looked up', async () => {
    const more = `
    set groups { type ipv4_addr . inet_service; flags interval; elements = { 239.0.0.0/8 . 4000-6000 }
    }
    map verdicts { type inet_service : verdict; elements = { 5000 : jump sub, 5001 : accept }
    }
    chain sub { counter drop
    }`
    expect(told(await listed(input('udp dport vmap @verdicts', 'accept', more)))).toEqual(['always inet t sub: drop'])
    expect(told(await listed(input('udp dport vmap @verdicts', 'accept', more)), { destinationPort: 5001 })).toEqual([])
    expect(told(await listed(input('ip daddr . udp dport @groups drop', 'accept', more)))).toEqual([
      'always inet t input: ip daddr . udp dport @groups drop',
    ])
    expect(
      told(await listed(input('ip daddr . udp dport @groups drop', 'accept', more)), { destination: '238.1.1.1' }),
    ).toEqual([])
    expect(told(await listed(input('numgen inc mod 10 vmap { 0-3 : drop, 4 : accept }')))).toEqual([
      'share inet t input: numgen inc mod 10 vmap { 0-3 : drop, 4 : accept }',
    ])
    expect(
      told(
        await listed(input('ct state vmap { established : accept, new : jump sub, invalid : drop }', 'accept', more)),
      ),
    ).toEqual(['always inet t sub: drop'])
  })

  it('is told in nft’s words, also from its JSON alone', async () => {
    for (const rule of [
      `ip daddr ${GROUP} udp dport { 5000, 6000-7000 } drop`,
      'iifname "lo" meta l4proto udp limit rate over 10/second drop',
      'udp dport vmap { 1 : accept, 5000 : drop }',
      'ip daddr . udp dport { 239.0.0.0/8 . 5000 } counter drop',
      'ct state established,related accept',
      'udp dport != 5001 log prefix "x y" drop',
    ]) {
      await listed(input(rule))
      const tables = parseNftRuleset(await run('nft', ['-j', 'list', 'ruleset']))
      if (isMalformed(tables)) throw new Error(tables.malformed)
      expect(tables[0]?.chains.get('input')?.rules[0]?.text()).toBe(
        rule.replace('"lo"', 'lo').replace('iifname', 'meta iifname').replace('counter ', ''),
      )
    }
  })

  it('counters are those of the rule', async () => {
    const [rule] = followPacket(
      await listed(input(`ip daddr ${GROUP} counter packets 7 bytes 1 drop`)),
      packet,
    ).obstacles
    expect(rule).toMatchObject({ packets: 7, text: `inet t input: ip daddr ${GROUP} drop`, does: 'drops' })
  })

  it('other hooks, families and devices count only if the datagram passes them', async () => {
    const chain = (family: string, type: string, rule = 'drop') => `table ${family} t { chain c { type ${type};
      ${rule}
    }
    }`
    expect(told(await listed(chain('ip', 'filter hook forward priority 0')))).toEqual([])
    expect(told(await listed(chain('ip', 'filter hook output priority 0')))).toEqual([])
    expect(told(await listed(chain('ip6', 'filter hook input priority 0')))).toEqual([])
    expect(told(await listed(chain('bridge', 'filter hook input priority 0')))).toEqual([])
    expect(told(await listed(chain('ip', 'filter hook prerouting priority raw')))).toEqual(['always ip t c: drop'])
    const ingress = await listed(
      chain('netdev', 'filter hook ingress device "lo" priority 0', 'ip daddr 239.0.0.0/8 drop'),
    )
    expect(told(ingress)).toEqual(['always netdev t c: ip daddr 239.0.0.0/8 drop'])
    const eth0 = { ...packet.interface, name: 'eth0', index: 2, isLoopback: false }
    expect(told(ingress, { interface: eth0 })).toEqual([])
    expect(told(ingress, { interface: { ...eth0, below: ['lo'] } })).toEqual([
      'always netdev t c: ip daddr 239.0.0.0/8 drop',
    ])
    expect(told(ingress, { interface: { ...eth0, below: ['lo', 'eth1'], isBridge: true } })).toEqual([
      'perhaps netdev t c: ip daddr 239.0.0.0/8 drop',
    ])
    // Before connection tracking, no connection is known yet.
    expect(told(await listed(chain('ip', 'filter hook prerouting priority raw', 'ct state invalid drop')))).toEqual([
      'always ip t c: ct state invalid drop',
    ])
    expect(
      told(await listed(chain('ip', 'filter hook input priority 0').replace('chain', 'flags dormant\nchain'))),
    ).toEqual([])
  })

  it('a query of MLD has a hop-by-hop header, which a rule about the next header sees', async () => {
    const query: FilteredPacket = {
      ...packet,
      family: 'ipv6',
      source: 'fe80::1',
      destination: 'ff02::1',
      protocol: 'icmpv6',
      messageType: 130,
    }
    expect(told(await listed(input('ip6 nexthdr icmpv6 accept', 'drop')), query)).toEqual([
      'always inet t input: policy drop',
    ])
    expect(told(await listed(input('icmpv6 type mld-listener-query accept', 'drop')), query)).toEqual([])
    expect(told(await listed(input('meta l4proto icmpv6 accept', 'drop')), query)).toEqual([])
  })

  describe('as the kernel applies them', () => {
    const receiver = dgram.createSocket({ type: 'udp4', reuseAddr: true })
    const sender = dgram.createSocket('udp4')
    let arrived: string[] = []
    let sent = 0
    beforeAll(async () => {
      await once(receiver.bind(PORT, '0.0.0.0'), 'listening')
      await once(sender.bind(0, '127.0.0.1'), 'listening')
      receiver.addMembership(GROUP, '127.0.0.1')
      receiver.on('message', (data) => arrived.push(data.toString()))
      sender.setMulticastInterface('127.0.0.1')
    })
    afterAll(() => {
      receiver.close()
      sender.close()
    })
    /** Whether a datagram to the group arrives; within a second if it is expected, and soon if it is not. */
    const arrives = async (expected: boolean): Promise<boolean> => {
      const name = `${++sent}`
      arrived = []
      await new Promise((resolve) => sender.send(name, PORT, GROUP, resolve))
      for (let end = performance.now() + (expected ? 1000 : 20); performance.now() < end; ) {
        if (arrived.includes(name)) return true
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      return false
    }

    const condition = fc.constantFrom(
      '',
      'udp dport 5000',
      'udp dport != 5000',
      'udp dport { 4000-5000, 7 }',
      'udp dport != { 1, 2 }',
      'udp dport > 4999',
      'udp dport < 5000',
      'ip daddr 239.0.0.0/8',
      'ip daddr != 239.1.0.0-239.1.255.255',
      'ip daddr & 255.0.0.0 == 224.0.0.0',
      'ip saddr 127.0.0.1',
      'ip saddr 10.0.0.0/8',
      'iif lo',
      'iifname != "lo"',
      'iifname { "eth0", "lo" }',
      'oifname "lo"',
      'oifname != "x"',
      'meta l4proto udp',
      'meta l4proto { tcp, icmp }',
      'ip protocol != udp',
      'tcp dport != 5',
      'th dport 5000',
      'th dport 5001',
      'ip6 nexthdr udp',
      'meta nfproto ipv4',
      'meta nfproto ipv6',
      'meta pkttype multicast',
      'fib daddr type multicast',
      'fib daddr type { local, broadcast }',
      'ct state new',
      'ct state established,related',
      'ct state != new',
      'ct state { new, untracked }',
      'meta mark 0',
      'meta mark 7',
      'meta mark & 3 != 0',
      'ip ttl 1',
      'ip ttl > 1',
      'ip frag-off & 0x1fff != 0',
      'icmpv6 type echo-request',
      'ip daddr . udp dport { 239.1.1.1 . 5000 }',
      'ip daddr . udp dport != { 239.1.1.1 . 5000 }',
      'ct state invalid',
      'ct state untracked',
    ) // prettier-ignore
    const action = fc.constantFrom(
      'accept',
      'drop',
      'drop',
      'return',
      'counter',
      'jump a',
      'jump b',
      'goto a',
      'goto b',
      'meta mark set 7',
      'meta mark set 0',
      'log prefix "drop"',
      'reject',
    )
    const vmap = fc.constantFrom(
      'udp dport vmap { 5000 : jump b, 5001 : drop }',
      'udp dport vmap { 1-4999 : drop, 5000-6000 : accept }',
      'ip daddr vmap { 224.0.0.0/8 : drop, 239.0.0.0/8 : return }',
      'ct state vmap { established : accept, new : jump b, invalid : drop }',
      'iifname vmap { "lo" : goto b, "eth0" : drop }',
      'meta l4proto . th dport vmap { tcp . 5000 : drop, udp . 5000 : drop }',
    )
    const rule = fc.oneof(
      { weight: 6, arbitrary: fc.tuple(condition, condition, action).map((parts) => parts.join(' ')) },
      { weight: 1, arbitrary: vmap },
    )
    const rules = fc.array(rule, { maxLength: 4 })
    const flat = (list: readonly string[]) => list.filter((one) => !/a$|jump b|goto b/.test(one)).join('\n')
    const policy = fc.constantFrom('accept', 'accept', 'drop')

    it('a datagram is lost if a rule always drops it, and arrives if none may', async () => {
      let judged = 0
      let lost = 0
      await fc.assert(
        fc.asyncProperty(rules, rules, rules, rules, policy, policy, async (a, b, one, two, first, second) => {
          const onlyB = (list: readonly string[]) => list.filter((each) => !/(?:jump|goto) a$/.test(each)).join('\n')
          const text = `table inet t {
            chain b { ${flat(b)}
            }
            chain a { ${onlyB(a)}
            }
            chain prerouting { type filter hook prerouting priority -150; policy ${first}; ${one.join('\n').replaceAll('reject', 'drop')}
            }
            chain input { type filter hook input priority 0; policy ${second}; ${two.join('\n')}
            }
          }`.replaceAll('reject', 'drop')
          // Some conditions exclude each other, which nft refuses.
          const tables = await listed(text).catch(() => undefined)
          if (tables === undefined) return
          const { obstacles } = followPacket(tables, packet)
          const surely = obstacles.some((obstacle) => certaintyOf(obstacle) === 'always')
          if (!surely && obstacles.length > 0) return
          judged++
          if (surely) lost++
          expect(await arrives(!surely), `${text}\n${told(tables).join('\n')}`).toBe(!surely)
        }),
        { numRuns: 60 },
      )
      expect(judged).toBeGreaterThan(25)
      expect(lost).toBeGreaterThan(5)
    }, 60_000)
  })
})
