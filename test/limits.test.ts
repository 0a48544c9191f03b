import { accessSync, constants, readFileSync } from 'node:fs'
import type { SocketControl } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { sysctl, sysctlFile } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'
import { type Family, heard, lanes, receiverOf } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'

const OPTMEM = 'net.core.optmem_max'
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n + 1)
const groupOf = ({ family }: Family, n: number) =>
  family === 4 ? `239.5.${n >> 8}.${n & 255}` : `ff15::5:${n.toString(16)}`
const sourcesOf = ({ family }: Family, count: number) =>
  upTo(count).map((n) => (family === 4 ? `192.0.${n >> 8}.${n & 255}` : `2001:db8::${n.toString(16)}`))
const setting = (path: string) => Number(readFileSync(sysctlFile(path), 'utf8'))

/** Since Linux 6.8 each namespace has this limit. Before, it was the machine's, and a test must not change it. */
const canSetOptmem = (() => {
  try {
    accessSync(sysctlFile(OPTMEM), constants.W_OK)
    return true
  } catch {
    return false
  }
})()

/** How often the call succeeded before the kernel refused it, and the error. */
async function untilRefused(act: (n: number) => Promise<unknown>): Promise<{ done: number; error: unknown }> {
  for (let done = 0; ; done++) {
    try {
      await act(done + 1)
    } catch (error) {
      return { done, error }
    }
  }
}

const limit = (code: string, ...sysctls: string[]) => ({
  reason: 'limit',
  code,
  message: expect.stringMatching(new RegExp(sysctls.map((name) => name.replaceAll('.', '\\.')).join('.*'))),
})

const heldBy = (c: SocketControl) => c.memberships.filter(({ active }) => active).length

describeOnHosts('the limit of', (hosts) => {
  const ipv4 = lanes.filter(({ family }) => family === 4)
  describe.each(ipv4)('groups a socket, over $name', (lane) => {
    const { interface: on, channel, sources } = lane
    const maximum = 'net.ipv4.igmp_max_memberships'

    it('names igmp_max_memberships, and changes nothing', async () => {
      const { control: c } = await receiverOf(lane)
      const most = setting(maximum)
      await c.joinAll(upTo(most).map((n) => ({ group: groupOf(lane, n), interface: on })))
      const refused = limit('ENOBUFS', maximum)
      await expect(c.join({ group: groupOf(lane, most + 1), interface: on })).rejects.toMatchObject(refused)
      await expect(c.join({ group: channel, source: sources[0], interface: on })).rejects.toMatchObject(refused)
      expect(heldBy(c)).toBe(most)
      expect(kernelGroups().filter(({ group }) => group.startsWith('239.5.'))).toHaveLength(most)

      await c.memberships[0]?.leave()
      await c.join({ group: groupOf(lane, most + 1), interface: on })
      expect(heldBy(c)).toBe(most)
    })

    it('goes up with that sysctl', async () => {
      using _ = sysctl(maximum, setting(maximum) + 5)
      const { control: c } = await receiverOf(lane)
      const { done, error } = await untilRefused((n) => c.join({ group: groupOf(lane, n), interface: on }))
      expect(done).toBe(setting(maximum))
      expect(error).toMatchObject(limit('ENOBUFS', maximum))
    })
  })

  describe.each(lanes)('sources a group, over $name', (lane) => {
    const { family, group, interface: on, sources } = lane
    const maximum = family === 4 ? 'net.ipv4.igmp_max_msf' : 'net.ipv6.mld_max_msf'
    const refused = limit('ENOBUFS', maximum)

    it('names its sysctl for one source more, and the others are still heard', async () => {
      const receiver = await receiverOf(lane)
      const { control: c } = receiver
      await c.join({ group, source: sources[1], interface: on })
      const many = sourcesOf(lane, 10_000)
      const { done, error } = await untilRefused((n) => c.join({ group, source: many[n - 1] ?? '', interface: on }))
      expect(error).toMatchObject(refused)
      // mld_max_msf is the machine's and can't be read in a namespace.
      if (family === 4) expect(done + 1).toBe(setting(maximum))
      expect(heldBy(c)).toBe(done + 1)
      expect((await c.getSourceFilter({ group, interface: on })).sources).toHaveLength(done + 1)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([sources[1]])
    })

    it('names its sysctl for one blocked source more, and for a filter of so many', async () => {
      const receiver = await receiverOf(lane)
      const { control: c } = receiver
      const membership = await c.join({ group, interface: on })
      await membership.block(sources[0])
      const many = sourcesOf(lane, 10_000)
      const { done, error } = await untilRefused((n) => membership.block(many[n - 1] ?? ''))
      expect(error).toMatchObject(refused)
      expect(membership.blocked).toHaveLength(done + 1)

      for (const mode of ['include', 'exclude'] as const)
        await expect(
          c.setSourceFilter({ group, interface: on }, { mode, sources: many.slice(0, done + 2) }),
        ).rejects.toMatchObject(refused)
      expect(await c.getSourceFilter({ group, interface: on })).toEqual({
        mode: 'exclude',
        sources: [sources[0], ...many.slice(0, done)],
      })
      expect(membership.blocked).toHaveLength(done + 1)
      expect(await heard(hosts(), lane, receiver, group)).toEqual([sources[1]])
    })
  })

  describe.runIf(canSetOptmem).each(lanes)('memory for options, over $name', (lane) => {
    const { family, interface: on } = lane

    it('names optmem_max for one group more', async () => {
      using _ = sysctl(OPTMEM, 20_480)
      using __ = sysctl('net.ipv4.igmp_max_memberships', 100_000)
      const { control: c } = await receiverOf(lane)
      const { done, error } = await untilRefused((n) => c.join({ group: groupOf(lane, n), interface: on }))
      expect(error).toMatchObject(limit(family === 4 ? 'ENOBUFS' : 'ENOMEM', OPTMEM))
      expect(done).toBeGreaterThan(100)
      expect(heldBy(c)).toBe(done)
      await c.memberships[0]?.leave()
      await c.join({ group: groupOf(lane, done + 1), interface: on })
    })
  })

  describe.runIf(canSetOptmem).each(ipv4)('memory for a filter, over $name', (lane) => {
    const { group, interface: on } = lane

    it('names optmem_max for a filter too long for it', async () => {
      using _ = sysctl(OPTMEM, 20_480)
      using __ = sysctl('net.ipv4.igmp_max_msf', 10_000)
      const { control: c } = await receiverOf(lane)
      await c.join({ group, interface: on })
      // A group_filter's head is 144 octets and each source 128.
      const most = Math.floor((20_480 - 144) / 128)
      const filter = { mode: 'exclude', sources: sourcesOf(lane, most) } as const
      await c.setSourceFilter({ group, interface: on }, filter)
      const longer = { mode: 'exclude', sources: sourcesOf(lane, most + 1) } as const
      await expect(c.setSourceFilter({ group, interface: on }, longer)).rejects.toMatchObject(
        limit('ENOBUFS', 'net.ipv4.igmp_max_msf', OPTMEM),
      )
      expect(await c.getSourceFilter({ group, interface: on })).toEqual(filter)
    })
  })
})
