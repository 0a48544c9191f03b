// The table of interfaces that receivers and controls follow, against real interfaces of the tests' namespace.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { control } from 'sockctl'
import { SO_RCVBUF } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { type LinkWatch, type LinkWatchOptions, watchLinks } from '../lib/datagram/interface-watch.ts'
import type { LinkListener } from '../lib/datagram/link-engine.ts'
import type { LinkChange } from '../lib/datagram/link-synchroniser.ts'
import type { LinkState } from '../lib/kernel/link-table.ts'
import { ip, run, sysctl } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import { type RtnlSocket, rtnlSockets } from './support/watching.ts'

const nothing = () => {}

/** A pair of interfaces that are up, deleted with the test. */
async function addPair(name: string): Promise<void> {
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}x`)
  onTestFinished(() => ip('link', 'delete', name).then(nothing, nothing))
  for (const end of [name, `${name}x`]) await ip('link', 'set', end, 'up')
}

interface Followed extends LinkWatch {
  readonly changes: LinkChange[]
  link(name: string): LinkState | undefined
  /** Waits until a link is as wanted. */
  until(name: string, isRight: (link: LinkState) => boolean): Promise<void>
  untilTold(type: LinkChange['type']): Promise<void>
}

/** A watch that ends with the test. */
async function follow(options?: LinkWatchOptions, listener?: LinkListener): Promise<Followed> {
  const changes: LinkChange[] = []
  let told = (): void => {}
  const watch = await watchLinks((change) => {
    changes.push(change)
    told()
    listener?.(change)
  }, options)
  onTestFinished(() => watch.close())
  const link = (name: string) => [...watch.table.values()].find((one) => one.name === name)
  const wait = async (isRight: () => boolean): Promise<void> => {
    while (!isRight())
      await new Promise<void>((resolve) => {
        told = resolve
      })
  }
  return {
    ...watch,
    changes,
    link,
    until: (name, isRight) => wait(() => isRight(link(name) ?? ({} as LinkState))),
    untilTold: (type) => wait(() => changes.some((change) => change.type === type)),
  }
}

const isOpen = (fd: number): boolean => {
  try {
    fstatSync(fd)
    return true
  } catch {
    return false
  }
}

const hasIpv6 = ({ addresses = [] }: LinkState): boolean => addresses.some(({ family }) => family === 'ipv6')

describeInNamespace('the table of interfaces', () => {
  it('is filled as a watch begins, with what rtnetlink tells of each', async () => {
    await addPair('fa')
    await ip('link', 'add', 'fabridge', 'type', 'bridge')
    onTestFinished(() => ip('link', 'delete', 'fabridge').then(nothing, nothing))
    await ip('link', 'set', 'fa', 'master', 'fabridge')
    await ip('address', 'add', '10.59.0.1', 'peer', '10.59.0.2/32', 'dev', 'fax')
    const { link } = await follow()
    expect(link('fa')).toMatchObject({ kind: 'veth', master: link('fabridge')?.index, carrier: true, ipv6Off: false })
    expect(link('fax')?.addresses).toContainEqual(
      expect.objectContaining({ family: 'ipv4', address: '10.59.0.1', peer: '10.59.0.2', prefixLength: 32, scope: 0 }),
    )
    expect(link('fax')?.master).toBeUndefined()
    expect(link('lo')).toMatchObject({ index: 1, mac: '00:00:00:00:00:00', carrier: true })
  })

  it('tells of IPv6 that is switched off and on again, with an address or without', async () => {
    await addPair('fb')
    const watch = await follow({ routes: true })
    await watch.until('fb', hasIpv6)
    const switchOff = () => sysctl('net/ipv6/conf/fb/disable_ipv6', '1')
    for (const addresses of ['some', 'none']) {
      if (addresses === 'none') {
        await ip('link', 'set', 'fb', 'addrgenmode', 'none')
        await ip('-6', 'address', 'flush', 'dev', 'fb')
        await watch.until('fb', (link) => !hasIpv6(link))
      }
      {
        using _ = switchOff()
        await watch.until('fb', ({ ipv6Off }) => ipv6Off === true)
      }
      await watch.until('fb', ({ ipv6Off }) => ipv6Off === false)
    }
  })

  it('tells of an MTU that is too small for IPv6, and of one that is not', async () => {
    await addPair('fc')
    const watch = await follow()
    await watch.until('fc', hasIpv6)
    await ip('link', 'set', 'fc', 'mtu', '1279')
    await watch.until('fc', (link) => link.mtu === 1279 && link.ipv6Off === true && !hasIpv6(link))
    await ip('link', 'set', 'fc', 'mtu', '1280')
    await watch.until('fc', (link) => link.mtu === 1280 && link.ipv6Off === false)
  })

  it('tells of routes that a group may take, to those who asked', async () => {
    await addPair('fd')
    await ip('address', 'add', '10.59.1.1/24', 'dev', 'fd')
    const asked = await follow({ routes: true })
    const other = await follow()
    const routes = () => asked.changes.filter(({ type }) => type === 'routes').length
    const untilMore = async (before: number) => {
      while (routes() === before) await turn()
    }
    for (const to of ['default', '224.0.0.0/4', '192.0.0.0/2', '239.1.1.1/32', 'ff15::/16']) {
      const before = routes()
      await ip('route', 'add', to, 'dev', 'fd', 'metric', '9999')
      await untilMore(before)
      const then = routes()
      await ip('route', 'delete', to, 'dev', 'fd', 'metric', '9999')
      await untilMore(then)
    }
    const before = routes()
    for (const to of ['10.60.0.0/16', 'fd59::/32', '128.0.0.0/2'])
      await ip('route', 'add', to, 'dev', 'fd', 'metric', '9999')
    await ip('link', 'set', 'fd', 'mtu', '1400')
    await asked.until('fd', ({ mtu }) => mtu === 1400)
    expect(routes()).toBe(before)
    expect(other.changes.some(({ type }) => type === 'routes')).toBe(false)
  })

  it('says when notices were lost, after the differences', async () => {
    await addPair('fe')
    const watch = await follow()
    await control(rtnlSockets()[0]?.fd ?? -1).set(SO_RCVBUF, 4096)
    const lines = Array.from({ length: 300 }, (_, i) => `link set fe mtu ${1300 + i}`)
    while (!watch.changes.some(({ type }) => type === 'resynchronised'))
      await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`)
    await watch.until('fe', ({ mtu }) => mtu === 1599)
  })

  it('is kept by another socket if the lists can not be had, and the differences are told', async () => {
    await addPair('fh')
    const watch = await follow({ routes: true })
    const [{ fd }] = rtnlSockets() as [RtnlSocket]
    await control(fd).set(SO_RCVBUF, 4096)
    const own = ['--pid', `${process.pid}`]
    const before = (await run('prlimit', [...own, '--nofile', '--output', 'SOFT', '--noheadings'])).trim()
    // Started before: without descriptors no process can be.
    const restore = spawn('sh', ['-c', `read _; prlimit ${own.join(' ')} --nofile=${before}:`])
    const lines = Array.from({ length: 300 }, (_, i) => `link set fh mtu ${1300 + i}`)
    execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` })
    execFileSync('prlimit', [...own, '--nofile=3:'])
    while (isOpen(fd)) await turn()
    restore.stdin.end('\n')
    await once(restore, 'exit')

    expect(watch.link('fh')?.mtu).not.toBe(1599)
    await watch.until('fh', ({ mtu }) => mtu === 1599)
    expect(rtnlSockets()).toHaveLength(1)
    await ip('route', 'add', '239.9.9.9/32', 'dev', 'fh', 'metric', '9999')
    await watch.untilTold('routes')
  })

  it('is told in a tick of its own, so that a listener that throws hurts nobody', async () => {
    await addPair('ff')
    const harmless = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    onTestFinished(() => {
      for (const listener of harmless) process.on('uncaughtException', listener)
    })
    const thrown = once(process, 'uncaughtException')
    await follow({}, () => {
      throw new Error('as planned')
    })
    const watch = await follow()
    process.on('uncaughtException', nothing)
    onTestFinished(() => void process.off('uncaughtException', nothing))
    await ip('link', 'set', 'ff', 'mtu', '1401')
    await ip('link', 'set', 'ff', 'mtu', '1402')
    await watch.until('ff', ({ mtu }) => mtu === 1402)
    expect((await thrown)[0]).toMatchObject({ message: 'as planned' })
    expect(watch.changes.filter((change) => change.type === 'link' && change.after?.mtu === 1401)).toHaveLength(1)
  })

  it('tells nothing after the watch is closed, also what was on its way', async () => {
    await addPair('fg')
    const watch = await follow()
    const other = await follow({}, (change) => {
      if (change.type === 'link' && change.after?.mtu === 1403) void watch.close()
    })
    await ip('link', 'set', 'fg', 'mtu', '1403')
    await other.until('fg', ({ mtu }) => mtu === 1403)
    const { length } = watch.changes
    await ip('link', 'set', 'fg', 'mtu', '1404')
    await other.until('fg', ({ mtu }) => mtu === 1404)
    expect(watch.changes).toHaveLength(length)
    await Promise.all([watch.close(), other.close(), other.close()])
    expect(rtnlSockets()).toEqual([])
  })

  it('opens one socket for all who begin at once, and another after the last has left', async () => {
    const watches = await Promise.all(Array.from({ length: 20 }, () => watchLinks(nothing)))
    expect(rtnlSockets()).toHaveLength(1)
    const closed = watches.map((watch) => watch.close())
    const again = await watchLinks(nothing)
    await Promise.all(closed)
    expect(again.table.get(1)?.name).toBe('lo')
    expect(rtnlSockets()).toHaveLength(1)
    await again.close()
    expect(rtnlSockets()).toEqual([])
  })
})
