import { writeFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { captureReports, describeWithCaptures } from './support/captures.ts'
import { describeOnHosts } from './support/hosts.ts'
import { farEnd, following } from './support/keeping.ts'
import { families } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'
import { spawnScript } from './support/processes.ts'
import { opened } from './support/receiving.ts'

/** A program without CAP_NET_RAW that joins on an interface and renews when it is told to. */
const ORDINARY = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--']
const code = `
import { openReceiver } from 'sockctl'
import { serve } from '${new URL('support/stdio.mjs', import.meta.url)}'
let receiver
await serve({
  join: async ({ channels }) => { receiver = await openReceiver({ channels }) },
  renew: () => receiver.renew(),
  close: () => receiver.close(),
})
`

describeWithCaptures('what renewing puts on the wire', () => {
  describeOnHosts('', (hosts) => {
    describe.each(families)('over IPv$family', ({ family, group, channel, nobody }) => {
      const channels = [
        { group, interface: 'a0' },
        { group: channel, source: nobody, interface: 'a0' },
      ]
      const kinds = (records: readonly { kind: string; group: string }[]) =>
        records
          .filter((record) => [group, channel].includes(record.group))
          .map(({ kind, group }) => `${kind} ${group}`)
          .toSorted()

      it('is the state of each membership and no leave', async () => {
        const receiver = await opened({ channels })
        await using capture = await captureReports(hosts(), hosts().pairs[0], family)
        await capture.step(() => {})
        const memberships = [...receiver.memberships]
        const renewed = async (renew: () => unknown): Promise<void> => {
          const before = capture.reports.length
          await renew()
          // A query is answered after a random part of a tenth of a second.
          const seen = () => capture.reports.slice(before).flatMap(({ records }) => records)
          while (!seen().some((record) => record.group === group)) await setImmediate()
          if (family === 4) while (!seen().some((record) => record.group === channel)) await setImmediate()
        }
        const told = kinds(await capture.step(() => renewed(() => receiver.renew())))
        expect(told).toEqual(
          family === 4
            ? [`IS_EX ${group}`, `IS_IN ${channel}`].toSorted()
            : [`ALLOW ${channel}`, `TO_EX ${group}`].toSorted(),
        )
        const again = kinds(await capture.step(() => renewed(() => memberships[0]?.renew())))
        expect(again).toContain(family === 4 ? `IS_EX ${group}` : `TO_EX ${group}`)
        expect(receiver.memberships).toEqual(memberships)
        expect(receiver.channels).toMatchObject([
          { state: 'joined', renewals: 2 },
          { state: 'joined', renewals: 1 },
        ])
        expect(await receiver.control.getSourceFilter({ group: channel, interface: 'a0' })).toEqual({
          mode: 'include',
          sources: [nobody],
        })
      })

      it('is each join without CAP_NET_RAW, and no leave', async () => {
        await using peer = spawnScript({ code }, [], ORDINARY)
        await peer.request('join', { channels })
        await using capture = await captureReports(hosts(), hosts().pairs[0], family)
        await capture.step(() => {})
        expect(kinds(await capture.step(() => peer.request('renew', {})))).toEqual(
          [`ALLOW ${channel}`, `TO_EX ${group}`].toSorted(),
        )
        await peer.request('close', {})
        expect(kernelGroups().filter((one) => [group, channel].includes(one.group))).toEqual([])
      })
    })
  })
})

describeOnHosts('a switch that has forgotten the host', (hosts) => {
  describe.each(families)('over IPv$family', ({ group }) => {
    it.each([
      ['when it is asked to', false],
      ['by itself after a silence', 1000],
    ] as const)('is told anew %s', async (_, renewAfter) => {
      const end = await farEnd(hosts(), { isSnooping: true })
      await end.plug('k0')
      // The kernel reports a join twice: the second report comes soon.
      for (const name of ['ipv4/conf/k0/igmpv3', 'ipv6/conf/k0/mldv2'])
        writeFileSync(`/proc/sys/net/${name}_unsolicited_report_interval`, '20')
      const receiver = await opened({ channels: [{ group, interface: 'k0' }], keep: { renewAfter } })
      const kept = following(receiver)
      await end.stream(group, receiver.address.port)
      await kept.flowing(group, 20)
      // The answer to the query that a new port gets, or the second report of the join, may come after that.
      await kept.silentAfter(() => end.forget('k0', group))
      if (renewAfter === false) await receiver.renew()
      const renewed = await kept.event('renewed')
      const back = await kept.untilFlowing(group)
      expect(back).toBeLessThan(1000)
      expect(renewed).toMatchObject({ reason: renewAfter === false ? 'asked' : 'silent', interface: { name: 'k0' } })
      if (renewAfter !== false) expect(renewed.gap).toBeGreaterThanOrEqual(renewAfter)
      expect(kept.told()).toHaveLength(1)
    })
  })
})
