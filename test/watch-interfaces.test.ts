// watchInterfaces against real interfaces of the tests' namespace.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { control, type Interface, type InterfaceChange, interfaces, openReceiver, watchInterfaces } from 'sockctl'
import { SO_RCVBUF } from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ip, run } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import { spawnProgram, spawnScript } from './support/processes.ts'
import { rtnlSockets, type Watching, watching } from './support/watching.ts'

const nothing = () => {}

/** A pair of interfaces, deleted with the test. */
async function addPair(name: string): Promise<void> {
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}x`)
  onTestFinished(() => ip('link', 'delete', name).then(nothing, nothing))
}

const named = (name: string): Interface => {
  const found = interfaces().find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}

/** The order of addresses is left to the kernel. */
const sorted = (all: Iterable<Interface>): Interface[] =>
  [...all]
    .map((one) => ({ ...one, addresses: [...one.addresses].sort((a, b) => (a.address < b.address ? -1 : 1)) }))
    .sort((a, b) => a.index - b.index)

const of =
  (name: string, ...types: InterfaceChange['type'][]) =>
  (change: InterfaceChange): boolean =>
    change.interface.name === name && (types.length === 0 || types.includes(change.type))

/** Whether all that was told is what the kernel lists. */
const isAsListed = ({ known }: Watching): boolean =>
  JSON.stringify(sorted(known.values())) === JSON.stringify(sorted(interfaces()))

const typesOf = (changes: readonly InterfaceChange[]): string[] => changes.map(({ type }) => type)

/** Runs commands of ip(8) while this thread does nothing else. */
const ipBatch = (lines: readonly string[]): void => {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` })
}

/** Runs commands of ip(8) while this thread does what else there is. */
const ipBatchBeside = (lines: readonly string[]): Promise<string> => run('ip', ['-batch', '-'], `${lines.join('\n')}\n`)

describeInNamespace('a watch over the interfaces', () => {
  it('begins with what is there', async () => {
    await addPair('wa')
    await ip('address', 'add', '10.57.0.1/24', 'dev', 'wa')
    const found: InterfaceChange[] = []
    const count = interfaces().length
    for await (const change of watchInterfaces()) if (found.push(change) === count) break
    expect(new Set(typesOf(found))).toEqual(new Set(['present']))
    expect(found.map((change) => change.interface.index)).toEqual(interfaces().map(({ index }) => index))
    expect(sorted(found.map((change) => change.interface))).toEqual(sorted(interfaces()))
  })

  it('tells of an interface that appears, goes up and down, and is removed', async () => {
    const watch = await watching()
    await addPair('wb')
    const [appeared] = await watch.next(1, of('wb'))
    expect(appeared).toEqual({ type: 'appeared', interface: named('wb') })
    await ip('link', 'set', 'wbx', 'up')
    await ip('link', 'set', 'wb', 'up')
    const up = await watch.next(1, of('wb', 'up', 'down'))
    expect(up).toMatchObject([{ type: 'up', interface: { name: 'wb', flags: { up: true, running: true } } }])
    await ip('link', 'set', 'wb', 'down')
    const down = await watch.next(1, of('wb', 'up', 'down'))
    expect(down).toMatchObject([{ type: 'down', interface: { name: 'wb', flags: { up: false, running: false } } }])
    const last = named('wb')
    await ip('link', 'delete', 'wb')
    expect((await watch.next(1, of('wb', 'removed'))).at(-1)).toMatchObject({
      type: 'removed',
      interface: { name: 'wb', index: last.index },
    })
  })

  it('tells flags from up and down: set up without a carrier is neither', async () => {
    const watch = await watching()
    await addPair('wc')
    await watch.next(1, of('wc'))
    await ip('link', 'set', 'wc', 'up')
    expect(await watch.next(1, of('wc'))).toMatchObject([
      { type: 'flags', interface: { flags: { up: true, running: false } } },
    ])
    await ip('link', 'set', 'wc', 'multicast', 'off')
    expect(await watch.next(1, of('wc'))).toMatchObject([{ type: 'flags', interface: { flags: { multicast: false } } }])
  })

  it('tells of a carrier that is lost as down', async () => {
    await addPair('wd')
    for (const end of ['wd', 'wdx']) await ip('link', 'set', end, 'up')
    const watch = await watching()
    await watch.until(() => watch.changes.some(of('wd', 'present', 'up')) && named('wd').flags.running)
    await watch.next(0)
    await ip('link', 'set', 'wdx', 'down')
    expect(await watch.next(1, of('wd', 'up', 'down', 'flags'))).toMatchObject([
      { type: 'down', interface: { flags: { up: true, running: false } } },
    ])
  })

  it('tells of another name with the one before, and of another MTU', async () => {
    const watch = await watching()
    await addPair('we')
    const [appeared] = await watch.next(1, of('we'))
    await ip('link', 'set', 'we', 'name', 'wf')
    expect(await watch.next(1, of('wf'))).toEqual([
      { type: 'renamed', interface: { ...appeared?.interface, name: 'wf' }, previousName: 'we' },
    ])
    await ip('link', 'set', 'wf', 'mtu', '1400')
    expect(await watch.next(1, of('wf'))).toEqual([{ type: 'mtu', interface: named('wf') }])
    await ip('link', 'delete', 'wf')
  })

  it('tells of addresses of both families that are added, swapped and removed', async () => {
    const watch = await watching()
    await addPair('wg')
    for (const end of ['wg', 'wgx']) await ip('link', 'set', end, 'up')
    const told = (count = 1) =>
      watch.next(
        count,
        (change) =>
          of('wg', 'address-added', 'address-removed')(change) &&
          'address' in change &&
          !change.address.address.startsWith('fe80'),
      )
    const four = (address: string) => ({ address, family: 'ipv4', prefixLength: 24 })
    await ip('address', 'add', '10.57.1.1/24', 'dev', 'wg')
    expect(await told()).toMatchObject([{ type: 'address-added', address: four('10.57.1.1') }])
    await ip('address', 'add', 'fd57::1/64', 'dev', 'wg', 'nodad')
    const six = { address: 'fd57::1', family: 'ipv6', prefixLength: 64 }
    const [added] = await told()
    expect(added).toMatchObject({ type: 'address-added', address: six })
    expect(added?.interface.addresses).toContainEqual(six)
    expect(added?.interface.addresses).toContainEqual(four('10.57.1.1'))
    await ip('address', 'add', '10.57.2.1/24', 'dev', 'wg')
    await ip('address', 'delete', '10.57.1.1/24', 'dev', 'wg')
    expect(await told(2)).toMatchObject([
      { type: 'address-added', address: four('10.57.2.1') },
      { type: 'address-removed', address: four('10.57.1.1') },
    ])
    await ip('address', 'delete', 'fd57::1/64', 'dev', 'wg')
    const [removed] = await told()
    expect(removed).toMatchObject({ type: 'address-removed', address: six })
    expect(removed?.interface.addresses).not.toContainEqual(six)
  })

  it('tells of a link-local address once, with its zone, though the kernel tells of its check for duplicates too', async () => {
    const watch = await watching()
    await addPair('wh')
    for (const end of ['wh', 'whx']) await ip('link', 'set', end, 'up')
    const isLinkLocal = (change: InterfaceChange) => of('wh')(change) && 'address' in change
    await watch.until(() => watch.changes.some(isLinkLocal))
    // By then the check is over.
    while ((await ip('-6', 'address', 'show', 'dev', 'wh', 'tentative')) !== '') {}
    await ip('link', 'set', 'wh', 'mtu', '1400')
    await watch.until(() => watch.changes.some(of('wh', 'mtu')))
    const told = watch.changes.filter(isLinkLocal)
    expect(told).toMatchObject([
      { type: 'address-added', address: { address: expect.stringMatching(/^fe80::.*%wh$/) } },
    ])
    expect(sorted([watch.known.get(named('wh').index) as Interface])).toEqual(sorted([named('wh')]))
  })

  it('tells of an interface that comes under a bridge and leaves it', async () => {
    const watch = await watching()
    await addPair('wi')
    await ip('link', 'add', 'wibridge', 'type', 'bridge')
    onTestFinished(() => ip('link', 'delete', 'wibridge').then(nothing, nothing))
    const master = named('wibridge').index
    await ip('link', 'set', 'wi', 'master', 'wibridge')
    expect(await watch.next(1, of('wi', 'moved'))).toMatchObject([{ type: 'moved', master, interface: { name: 'wi' } }])
    await ip('link', 'set', 'wi', 'nomaster')
    expect(await watch.next(1, of('wi', 'moved', 'removed'))).toMatchObject([{ type: 'moved', master: undefined }])
  })

  it('tells of an interface that is moved to another namespace as removed, and of one that comes as appeared', async () => {
    await addPair('wj')
    await using other = spawnProgram(['unshare', '--net', 'sh', '-c', 'echo "{}"; exec cat'])
    await other.next()
    const watch = await watching()
    const { index } = named('wj')
    await ip('link', 'set', 'wj', 'netns', `${other.pid}`)
    expect(await watch.next(1, of('wj', 'removed'))).toMatchObject([{ interface: { name: 'wj', index } }])
    await ip('link', 'delete', 'wjx')
    await ip('link', 'add', 'wk', 'netns', `${other.pid}`, 'type', 'veth', 'peer', 'name', 'wj')
    expect(await watch.next(1, of('wj', 'appeared'))).toMatchObject([{ interface: { name: 'wj' } }])
    await ip('link', 'delete', 'wj')
  })

  it('tells of a macvlan that goes away with the interface below', async () => {
    await addPair('wl')
    const watch = await watching()
    await ip('link', 'add', 'wlmac', 'link', 'wl', 'type', 'macvlan')
    await watch.next(1, of('wlmac', 'appeared'))
    await ip('link', 'delete', 'wl')
    await watch.until(() => ['wl', 'wlx', 'wlmac'].every((name) => watch.changes.some(of(name, 'removed'))))
  })
})

describeInNamespace('a watch over more interfaces than the kernel has room to tell of', () => {
  const NAMES = Array.from({ length: 150 }, (_, i) => `wv${i}`)
  const ours = ({ interface: { name } }: InterfaceChange): boolean => /^wv\d+x?$/.test(name)

  it('tells the differences once', async () => {
    const watch = await watching()
    const [socket] = rtnlSockets()
    await control(socket?.fd ?? -1).set(SO_RCVBUF, 4096)
    onTestFinished(() =>
      ipBatch(
        NAMES.filter((name) => interfaces().some((one) => one.name === name)).map((name) => `link delete ${name}`),
      ),
    )

    ipBatch(NAMES.map((name) => `link add ${name} type veth peer name ${name}x`))
    ipBatch(
      NAMES.flatMap((name, i) => [
        `link set ${name} up`,
        `link set ${name}x up`,
        `address add 10.58.${i}.1/24 dev ${name}`,
      ]),
    )
    await watch.until(() => isAsListed(watch) && watch.changes.filter(ours).length >= 300)
    const dropped = rtnlSockets()[0]?.drops ?? 0
    expect(dropped).toBeGreaterThan(0)
    const appeared = watch.changes.filter(ours).filter(({ type }) => type === 'appeared')
    expect(new Set(appeared.map((change) => change.interface.index)).size).toBe(300)
    expect(appeared).toHaveLength(300)

    ipBatch(NAMES.map((name) => `link delete ${name}`))
    await watch.until(() => isAsListed(watch))
    const removed = watch.changes.filter(ours).filter(({ type }) => type === 'removed')
    expect(new Set(removed.map((change) => change.interface.index)).size).toBe(300)
    expect(removed).toHaveLength(300)
    expect(rtnlSockets()[0]?.drops).toBeGreaterThan(dropped)

    // Afterwards every change is told again.
    await addPair('wm')
    await watch.until(() => watch.changes.some(of('wm', 'appeared')))
  })

  it('tells a loop that is far behind the differences', async () => {
    await addPair('wn')
    await addPair('wo')
    const iterator = watchInterfaces()[Symbol.asyncIterator]()
    onTestFinished(async () => void (await iterator.return?.()))
    for (let left = interfaces().length; left > 0; left--) await iterator.next()
    const { index } = named('wn')
    // The kernel makes room while this process reads and the loop does not.
    const lines = Array.from({ length: 3000 }, () => 'link set wn mtu 1400\nlink set wn mtu 1401')
    for (let at = 0; at < lines.length; at += 50) await ipBatchBeside(lines.slice(at, at + 50))
    await ip('link', 'delete', 'wo')
    let count = 0
    const told: InterfaceChange[] = []
    for (;;) {
      const { value } = await iterator.next()
      count++
      told.push(value)
      if (value.type === 'removed' && value.interface.name === 'wo') break
    }
    expect(count).toBeLessThan(100)
    expect(told.filter((change) => change.interface.index === index)).toMatchObject([
      { type: 'mtu', interface: { mtu: 1401 } },
    ])
  })
})

describeInNamespace('the end of a watch', () => {
  const descriptors = () => readdirSync('/proc/self/fd').length

  it('is a break or a signal, and no descriptor is left', async () => {
    const before = descriptors()
    for (let round = 0; round < 5; round++) {
      for await (const _ of watchInterfaces()) break
      const watch = await watching()
      await watch.end()
      const ending = new AbortController()
      let count = 0
      for await (const _ of watchInterfaces({ signal: ending.signal })) {
        count++
        ending.abort()
      }
      expect(count).toBe(1)
    }
    for await (const _ of watchInterfaces({ signal: AbortSignal.abort() })) expect.unreachable()
    expect(rtnlSockets()).toEqual([])
    expect(descriptors()).toBe(before)
  })

  it('leaves other watches and receivers their socket, of which there is one', async () => {
    const first = await watching()
    const second = await watching()
    const receiver = await openReceiver({ channels: [{ group: '239.57.1.1', interface: 'lo' }] })
    expect(rtnlSockets()).toHaveLength(1)
    await first.end()
    await receiver.close()
    expect(rtnlSockets()).toHaveLength(1)
    await addPair('wp')
    expect(await second.next(1, of('wp', 'appeared'))).toHaveLength(1)
    expect(first.changes.some(of('wp'))).toBe(false)
    await second.end()
    expect(rtnlSockets()).toEqual([])
  })

  it('of a loop that waits is what its program waits for; what is opened beside does not keep it alive', async () => {
    const code = `
      import { openReceiver, watchInterfaces } from 'sockctl'
      const receiver = await openReceiver({ channels: [{ group: '239.57.1.1', interface: 'lo' }] })
      const ending = new AbortController()
      setTimeout(() => ending.abort(), 200).unref()
      for await (const change of watchInterfaces({ signal: ending.signal })) if (change.type !== 'present') throw change
      console.log(JSON.stringify({ ended: true }))
      // A loop that was left in the middle, and one that nobody waits for.
      for await (const _ of watchInterfaces()) break
      await watchInterfaces()[Symbol.asyncIterator]().next()
    `
    await using program = spawnScript({ code })
    expect(await program.next()).toEqual({ ended: true })
    await program.exited
  })

  it('of a thread leaves other threads theirs: each has a socket of its own', async () => {
    const code = `
      import { parentPort } from 'node:worker_threads'
      import { watchInterfaces } from '${import.meta.resolve('sockctl')}'
      for await (const { type, interface: { name } } of watchInterfaces()) parentPort.postMessage({ type, name })
    `
    const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`)
    const watch = await watching()
    const workers = Array.from({ length: 3 }, () => new Worker(url))
    const heard = workers.map((worker) => {
      const wanted: Record<string, () => void> = {}
      const of = (key: string) =>
        new Promise<void>((resolve) => {
          wanted[key] = resolve
        })
      worker.on('message', ({ type, name }) => wanted[`${type} ${name}`]?.())
      return { began: of('present lo'), appeared: of('appeared wq') }
    })
    await Promise.all(heard.map(({ began }) => began))
    expect(rtnlSockets()).toHaveLength(4)
    await addPair('wq')
    await Promise.all(heard.map(({ appeared }) => appeared))
    await watch.next(1, of('wq', 'appeared'))
    await Promise.all(workers.map((worker) => worker.terminate()))
    expect(rtnlSockets()).toHaveLength(1)
  })
})

describe('watchInterfaces', () => {
  it.each([
    ['an unknown option', { signals: undefined }, /unknown option 'signals'; there are signal/],
    ['no signal', { signal: 'abort' }, /signal is 'abort': an AbortSignal is needed/],
  ])('refuses %s', (_, options, message) => {
    const refused = { name: 'SocketOptionError', reason: 'bad-value', message: expect.stringMatching(message) }
    expect(() => watchInterfaces(options as never)).toThrow(expect.objectContaining(refused))
  })

  it.each(['lo', 1, null])('refuses %j, which is no object', (options) => {
    expect(() => watchInterfaces(options as never)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })
})
