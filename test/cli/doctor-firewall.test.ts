// The doctor at a firewall: the rule that drops is named and its fix mends it; rules that only look so are left alone.

import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { RANK } from '../../lib/cli/commands/doctor/finding.ts'
import { firewallChecks } from '../../lib/cli/commands/doctor/firewall.ts'
import { parseIptablesRules } from '../../lib/kernel/firewall/iptables-rules.ts'
import { startCli } from '../support/cli.ts'
import { nftMissing, run } from '../support/commands.ts'
import { diagnose as doctor } from '../support/doctor.ts'
import { describeOnHosts, plan } from '../support/hosts.ts'
import { QUERIES, startRouter } from '../support/membership-messages.ts'
import { describeUnless } from '../support/namespace.ts'
import { finder, flow } from '../support/observations.ts'
import { startStream } from '../support/streams.ts'

const PORT = 5004
const [{ a, b }] = plan
const shell = promisify(exec)

describeUnless(nftMissing, 'with nft', () => {
  describeOnHosts('sockctl doctor behind a firewall', (hosts) => {
    const undo: (() => unknown)[] = []
    afterEach(async () => {
      for (const step of undo.splice(0).reverse()) await step()
    })
    const rules = async (text: string): Promise<void> => {
      undo.push(() => run('nft', ['flush', 'ruleset']))
      await run('nft', ['-f', '-'], text)
    }
    const input = (text: string, policy = 'accept', chains = '') =>
      rules(`table inet doctor {
        ${chains}
        chain input { type filter hook input priority 0; policy ${policy};
          ${text}
        }
      }`)
    const send = async (group: string): Promise<void> => {
      const [source, more] = group.includes(':') ? [b.ipv6[0], { on: `::%${b.name}` }] : [b.ipv4[0], {}]
      const { close } = await startStream(hosts(), { bind: source, group, port: PORT, ...more })
      undo.push(close)
    }
    const diagnose = (group = '239.1.1.1') =>
      doctor(group.includes(':') ? `[${group}]:${PORT}` : `${group}:${PORT}`, '-i', a.name, '--wait', '1500ms')

    it.each([
      ['a rule that does not count', `ip daddr 239.1.1.1 drop`, '239.1.1.1', 'ip daddr 239.1.1.1 drop'],
      ['a rule that counts', 'udp dport 5004 counter reject', '239.1.1.1', 'udp dport 5004 reject'],
      ['a rule of IPv6', 'ip6 daddr ff15::1 drop', 'ff15::1', 'ip6 daddr ff15::1 drop'],
      ['a verdict map', 'udp dport vmap { 5004 : drop, 5005 : accept }', '239.1.1.1', 'udp dport vmap'],
    ])('names %s, and its fix mends it', async (_, text, group, named) => {
      await input(text)
      await send(group)
      const first = await diagnose(group)
      expect(first.status).toBe(1)
      expect(first.verdict).toMatch(/^Likely: this host's firewall drops the datagrams: inet doctor input: /)
      expect(first.verdict).toContain(named)
      await shell(first.find('firewall')?.fix ?? 'false')
      const { status, find } = await diagnose(group)
      expect(status).toBe(0)
      expect(find('firewall')?.status).toBe('pass')
    })

    it('mends two chains and a policy with one fix', async () => {
      await rules(`table ip first { chain pre { type filter hook prerouting priority -300; policy accept; jump sub
        }
        chain sub { udp dport 5004 drop
        }
      }
      table inet second { chain input { type filter hook input priority 10; policy drop; ip protocol igmp accept
        }
      }`)
      await send('239.1.1.1')
      const first = await diagnose()
      expect(first.verdict).toContain('ip first sub: udp dport 5004 drop')
      expect(first.find('firewall')?.fix?.split(' && ')).toHaveLength(2)
      await shell(first.find('firewall')?.fix ?? 'false')
      expect((await diagnose()).status).toBe(0)
    })

    it.each([
      ['a log that says drop', 'log prefix "would drop"\naccept\ndrop', 'accept', ''],
      ['a chain named DROP_STATS that returns', 'jump DROP_STATS', 'accept', 'chain DROP_STATS { counter return\n}'],
      ['a counted rule for another port', 'udp dport 5005 counter drop', 'accept', ''],
      ['a rule for another group', 'ip daddr 239.1.1.2 drop', 'accept', ''],
      ['a rule for another interface', 'iifname "a1" drop', 'accept', ''],
      ['a policy that its rules prevent', 'ct state new accept', 'drop', ''],
      ['a limit that is never reached', 'limit rate over 100000/second drop', 'accept', ''],
      ['a match that is not understood, and does not match', 'ct mark 7 drop', 'accept', ''],
    ])('does not blame %s', async (_, text, policy, chains) => {
      await input(text, policy, chains)
      await send('239.1.1.1')
      const { status, failed, find } = await diagnose()
      expect({ status, failed }).toEqual({ status: 0, failed: [] })
      expect(find('firewall')?.status).toBe('pass')
    })

    it('tells the share that a rate limit drops', async () => {
      await input('udp dport 5004 limit rate over 2/second burst 1 packets counter drop')
      await send('239.1.1.1')
      const { find } = await doctor(`239.1.1.1:${PORT}`, '-i', a.name, '--wait', '2s')
      expect(find('firewall')).toMatchObject({ status: 'fail', certainty: 'likely' })
      expect(find('firewall')?.says).toMatch(
        /^a rate limit of this host's firewall drops at least \d\d % of the datagrams: /,
      )
    })

    it('proves the rule by a trace, and leaves nothing behind', async () => {
      await input('ip daddr 239.0.0.0/8 jump sub', 'accept', 'chain sub { udp dport 5004 counter drop\n}')
      await send('239.1.1.1')
      const traced = await doctor(`239.1.1.1:${PORT}`, '-i', a.name, '--wait', '1500ms', '--trace')
      expect(traced.verdict).toMatch(
        /^Proven: this host's firewall drops the datagrams: inet doctor sub: udp dport 5004 drop\. Fix: nft insert rule inet doctor input ip daddr 239\.1\.1\.1 udp dport 5004 accept$/,
      )
      expect(await run('nft', ['list', 'tables'])).toBe('table inet doctor\n')
      await shell(traced.find('firewall')?.fix ?? 'false')
      const mended = await doctor(`239.1.1.1:${PORT}`, '-i', a.name, '--wait', '1500ms', '--trace')
      expect(mended.status).toBe(0)
      expect(mended.find('trace')).toMatchObject({ status: 'pass' })
    })

    it('leaves no table behind if it is killed in the middle of a trace', async () => {
      await input('udp dport 5004 drop')
      const { kill, ended } = startCli(['doctor', `239.1.1.1:${PORT}`, '-i', a.name, '--wait', '20s', '--trace'])
      const tables = () => run('nft', ['list', 'tables'])
      for (const patience = AbortSignal.timeout(10_000); !(await tables()).includes('sockctl_trace'); )
        if (patience.aborted) throw new Error('no table to trace with')
      kill('SIGKILL')
      await ended
      for (const patience = AbortSignal.timeout(10_000); (await tables()).includes('sockctl_trace'); )
        if (patience.aborted) throw new Error('the table is still there')
    })

    it('says which rule keeps queries from this host, and mends it', async () => {
      await input('ip protocol igmp drop')
      await send('239.1.1.1')
      const router = startRouter(hosts(), 'B', hosts().pairs[0].b.index)
      const asking = setInterval(() => void router.igmp(QUERIES.igmpv3).catch(() => undefined), 200)
      undo.push(() => clearInterval(asking))
      const { find } = await doctor(`239.1.1.1:${PORT}`, '-i', a.name, '--wait', '1s')
      expect(find('querier')).toMatchObject({
        status: 'fail',
        fix: 'nft insert rule inet doctor input ip protocol igmp accept',
      })
      await shell(find('querier')?.fix ?? 'false')
      const mended = await doctor(`239.1.1.1:${PORT}`, '-i', a.name, '--wait', '1s')
      expect(mended.find('querier')?.status).toBe('pass')
    })
  })
})

describe('the firewall', () => {
  const find = (seen: object) => finder(firewallChecks)('firewall', {}, { flows: [flow()], passed: new Map(), ...seen })
  const saved = (rules: readonly [string, number][]) => {
    const lines = rules.map(([rule, packets]) => `[${packets}:0] -A INPUT ${rule}`)
    return {
      tables: parseIptablesRules(`*filter\n:INPUT ACCEPT [0:0]\n${lines.join('\n')}\n`, 'ip', false),
      unseen: [],
    }
  }
  const rule = '-d 239.1.1.1/32 -j DROP'
  const fix = 'fix: iptables -t filter -I INPUT -d 239.1.1.1 -p udp --dport 5000 -j ACCEPT'
  const dropped = `this host's firewall drops the datagrams: iptables -t filter -A INPUT ${rule}`
  const cause = `likely ${RANK.firewallDropped}: ${dropped}`

  it('that surely drops what did not come through is the likely cause, the more if it counts', () => {
    const silent = saved([[rule, 0]])
    expect(find({ firewall: { before: silent, after: silent } })).toEqual([[`fail firewall: ${dropped}`, fix, cause]])
    expect(find({ firewall: { before: silent, after: saved([[rule, 10]]) } })).toEqual([
      [`fail firewall: ${dropped}, 10 of them meanwhile`, fix, cause],
    ])
  })

  it('is not blamed if the rule met nothing, or if all came through', () => {
    const after = saved([[rule, 0]])
    expect(find({ firewall: { before: saved([[rule, 0]]), after } })).toEqual([
      [`warn firewall: ${dropped}; it met none meanwhile`, 'advice: look for what drops them before that rule'],
    ])
    const arrived = { delivered: new Map([['192.0.2.9', 10]]), passed: new Map([['192.0.2.9', 10]]) }
    expect(find({ firewall: { before: after, after }, ...arrived })).toEqual([
      ['pass firewall: 1 rules may drop such datagrams; none did meanwhile'],
    ])
  })

  it('of which a rule is not understood may be the cause, and is if its counter fits in amount', () => {
    const unknown = '-m string --string x --algo bm -j DROP'
    const before = saved([[unknown, 0]])
    const [[says, , why] = []] = find({ firewall: { before, after: before } })
    expect(says).toMatch(/^warn firewall: this host's firewall may drop the datagrams \(not known: -m string/)
    expect(why).toMatch(/^possible /)
    expect(find({ firewall: { before, after: saved([[unknown, 9]]) } })[0]?.[2]).toMatch(/^likely /)
    expect(find({ firewall: { before, after: saved([[unknown, 2]]) } })[0]?.[0]).toMatch(/too few for 10 lost ones$/)
  })

  it('that was not seen is not "no rules"', () => {
    const unseen = { tables: [], unseen: ['nft is not installed', 'iptables is not installed'] }
    const all = { delivered: new Map([['192.0.2.9', 10]]), passed: new Map([['192.0.2.9', 10]]) }
    expect(find({ firewall: { before: unseen, after: unseen }, ...all })).toEqual([
      ['skip firewall: its rules were not seen: nft is not installed; iptables is not installed'],
    ])
    const [[says, , why] = []] = find({ firewall: { before: unseen, after: unseen } })
    expect(says).toMatch(/^warn firewall: none of the datagrams passes the firewall, whose rules were not all seen/)
    expect(why).toMatch(/^possible /)
  })
})
