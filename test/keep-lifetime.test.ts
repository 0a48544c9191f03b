import dgram from 'node:dgram'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { type ChannelEvent, control, openReceiver } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { ip } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeOnHosts } from './support/hosts.ts'
import { farEnd } from './support/keeping.ts'
import { families } from './support/lanes.ts'
import { kernelGroups } from './support/net-stat.ts'
import { buildPreload, preloading } from './support/preload.mjs'
import { spawnScript } from './support/processes.ts'
import { fc } from './support/property.ts'

describeOnHosts('a receiver that keeps its channels', (hosts) => {
  describe.each(families)('over IPv$family', ({ group, otherGroup }) => {
    const channels = [group, otherGroup].map((one) => ({ group: one, interface: 'k0' }))
    const listed = () => kernelGroups().filter((one) => [group, otherGroup].includes(one.group))

    it('leaves nothing behind and tells nothing more, whenever it is closed or aborted', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const before = openSockets()
      await fc.assert(
        fc.asyncProperty(fc.nat(40), fc.boolean(), fc.boolean(), async (turns, aborts, cutsFirst) => {
          const aborting = new AbortController()
          const opening = openReceiver({ channels, signal: aborting.signal, keep: { waitForInterface: true } })
          const receiver = await opening
          const late: ChannelEvent[] = []
          let isClosed = false
          receiver.on('channel-change', (event) => isClosed && late.push(event))
          const change = async (): Promise<void> => {
            await ip('link', 'delete', 'k0')
            await end.plug('k0')
          }
          const changing = change()
          if (cutsFirst) await changing
          for (let turn = 0; turn < turns; turn++) await setImmediate()
          isClosed = true
          if (aborts) aborting.abort()
          await receiver.close()
          await changing
          expect(late).toEqual([])
          expect(receiver.channels.filter(({ state }) => state === 'joined')).toEqual([])
          expect(listed()).toEqual([])
        }),
        { numRuns: 12 },
      )
      expect(openSockets()).toEqual(before)
    })

    it('is let go with its socket, for a join of a dgram.Socket', async () => {
      const end = await farEnd(hosts())
      await end.plug('k0')
      const before = openSockets()
      const socket = dgram.createSocket(group.includes(':') ? 'udp6' : 'udp4').bind(0)
      await once(socket, 'listening')
      const events: ChannelEvent[] = []
      const joining = channels.map((channel) =>
        control(socket).join(channel, { keep: true, onChange: (event) => events.push(event) }),
      )
      const [membership] = await Promise.all(joining)
      const gone = ip('link', 'delete', 'k0')
      socket.close()
      await once(socket, 'close')
      await gone
      expect(membership?.active).toBe(false)
      await membership?.leave()
      // The watch ends behind the event.
      while (openSockets().length > before.length) await setImmediate()
      expect(listed()).toEqual([])
    })
  })

  it('goes on if a listener throws', async () => {
    const end = await farEnd(hosts())
    await end.plug('k0')
    const code = `
      import { openReceiver } from 'sockctl'
      import { serve, tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const channels = ['239.1.2.3', 'ff15::123'].map((group) => ({ group, interface: 'k0' }))
      const receiver = await openReceiver({ channels })
      process.on('uncaughtException', ({ message }) => tell({ thrown: message }))
      receiver.on('channel-change', ({ type, channel }) => {
        throw new Error(\`\${type} \${channel.group}\`)
      })
      receiver.receive().catch(() => {})
      await serve({ joined: () => receiver.memberships.length })
    `
    await using peer = spawnScript({ code })
    expect(await peer.request('joined', {})).toBe(2)
    const thrown = async () => [await peer.next(), await peer.next()].map((told) => (told as { thrown: string }).thrown)
    await ip('link', 'delete', 'k0')
    expect((await thrown()).toSorted()).toEqual(['lost 239.1.2.3', 'lost ff15::123'])
    await end.plug('k0')
    expect((await thrown()).toSorted()).toEqual(['renewed 239.1.2.3', 'renewed ff15::123'])
    expect(await peer.request('joined', {})).toBe(2)
  })

  it('keeps no program alive by itself', async () => {
    const code = `
      import { openReceiver } from 'sockctl'
      await openReceiver({ channels: [{ group: '239.1.2.3', interface: 'lo' }] })
    `
    await using peer = spawnScript({ code })
    expect(await peer.exited).toMatchObject({ code: 0 })
  })

  it('joins and says so if interfaces can’t be watched', async () => {
    const code = `
      import { openReceiver } from 'sockctl'
      import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'
      const channel = { group: '239.1.2.3', interface: 'lo' }
      const receiver = await openReceiver({ channels: [channel] })
      receiver.on('channel-change', ({ type, reason }) => {
        const [{ state, reason: why }] = receiver.channels
        tell({ type, reason, state, why, active: receiver.memberships[0].active })
      })
      receiver.receive().catch(() => {})
      tell({ every: await receiver.keep({ ...channel, interface: '*' }).catch(({ reason }) => reason) })
    `
    await using peer = spawnScript({ code }, [], ['env', preloading(buildPreload('unwatched'))])
    expect([await peer.next(), await peer.next()]).toEqual(
      expect.arrayContaining([
        { every: 'permission' },
        { type: 'joined', reason: 'unwatched', state: 'joined', why: 'unwatched', active: true },
      ]),
    )
  })
})
