import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { run, sysctl, sysctlFile } from './commands.ts'
import { describeInNamespace, namespaceMissing } from './namespace.ts'
import { type Peer, type Script, spawnProgram, spawnScript } from './processes.ts'
import { type Sender, type SenderOptions, startSender } from './senders.ts'

/** Host A is the namespace of the tests, host B its neighbour. */
export type HostName = 'A' | 'B'

/** One end of a veth pair. Its names and addresses are known before it exists, so that tables of tests can use them. */
export interface PlannedEnd {
  readonly name: string
  readonly ipv4: readonly [string, string]
  readonly ipv6: readonly [string, string]
}

export interface End extends PlannedEnd {
  readonly index: number
  readonly mac: string
  readonly linkLocal: string
}

export interface Pair<E extends PlannedEnd = End> {
  readonly a: E
  readonly b: E
}

/** The two pairs of every `twoHosts()`: a0 with b0, and a1 with b1. Each pair has a network of its own, /24 and /64. */
export const plan: readonly [Pair<PlannedEnd>, Pair<PlannedEnd>] = [plannedPair(0), plannedPair(1)]

export interface HostsOptions {
  /**
   * The interface by which host A's kernel sends multicast, and joins, if none is named. By default IPv4 has no such
   * route.
   */
  readonly multicastRoute?: 'a0' | 'a1'
}

export interface TwoHosts extends AsyncDisposable {
  readonly pairs: readonly [Pair, Pair]
  /** A process that lives on the host: /proc/PID/net is the host's. */
  pid(host: HostName): number
  /** Runs `ip ARGS...` on a host. */
  ip(host: HostName, ...args: string[]): Promise<string>
  /** Sets a sysctl of a host until dispose. */
  sysctl(host: HostName, path: string, value: string | number): Promise<void>
  /** Starts a script on a host; killed at dispose. */
  spawn(host: HostName, script: Script, args?: readonly string[]): Peer
  /** Starts another program on a host that speaks JSON lines; killed at dispose. */
  spawnProgram(host: HostName, command: readonly string[]): Peer
  /** Starts a sender on a host; killed at dispose. Its interface is the one that has its address. */
  sender(host: HostName, options: SenderOptions): Sender
  /** Kills every process and removes every interface that this made. */
  dispose(): Promise<void>
}

export async function twoHosts(options: HostsOptions = {}): Promise<TwoHosts> {
  if (namespaceMissing) throw new Error(namespaceMissing)
  const undo: Undo[] = []
  const dispose = async () => {
    const failures: unknown[] = []
    for (let step = undo.pop(); step; step = undo.pop()) {
      try {
        await step()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `left behind: ${failures.join('; ')}`)
  }
  try {
    return await build(options, undo, dispose)
  } catch (error) {
    await dispose()
    throw error
  }
}

/** A `describe` with two hosts of its own: `hosts()` in a test gives them. Skips with a reason, or fails under CI. */
export function describeOnHosts(
  name: string,
  tests: (hosts: () => TwoHosts) => void,
  options: HostsOptions = {},
): void {
  describeInNamespace(name, () => {
    let hosts: TwoHosts | undefined
    beforeAll(async () => {
      hosts = await twoHosts(options)
    })
    afterAll(() => hosts?.dispose())
    tests(() => {
      if (!hosts) throw new Error('the hosts exist only while a test runs')
      return hosts
    })
  })
}

/** The words to put before a command, so that it runs on a host. */
export const onHost = (hosts: TwoHosts, host: HostName): string[] =>
  host === 'A' ? [] : ['nsenter', `--target=${hosts.pid(host)}`, '--net']

type Undo = () => Promise<unknown>

async function build(options: HostsOptions, undo: Undo[], dispose: () => Promise<void>): Promise<TwoHosts> {
  // The process ends when its standard input is closed, so host B goes away even if this process is killed.
  const owner = spawnProgram(['unshare', '--net', 'sh', '-c', 'echo "{}"; exec cat'])
  undo.push(owner.close)
  await owner.next()

  const on = (host: HostName) => (host === 'A' ? [] : ['nsenter', `--target=${owner.pid}`, '--net'])
  const runOn = (host: HostName, command: readonly string[], input?: string) => {
    const [program = '', ...args] = [...on(host), ...command]
    return run(program, args, input)
  }
  const batch = (host: HostName, lines: readonly string[]) => runOn(host, ['ip', '-batch', '-'], lines.join('\n'))

  const setSysctl = async (host: HostName, path: string, value: string | number) => {
    if (host === 'A') {
      const setting = sysctl(path, value)
      undo.push(async () => setting[Symbol.dispose]())
    } else {
      await runOn(host, ['tee', sysctlFile(path)], `${value}`)
    }
  }
  for (const host of ['A', 'B'] as const) {
    // Without duplicate address detection an address can be used at once. Both settings are needed.
    await setSysctl(host, 'net.ipv6.conf.all.accept_dad', 0)
    await setSysctl(host, 'net.ipv6.conf.default.accept_dad', 0)
    // A link that comes up reports its groups again after a random part of this interval; by default, in the middle of
    // a test.
    await setSysctl(host, 'net.ipv6.conf.default.mldv2_unsolicited_report_interval', 20)
    // A namespace inherits this setting from the machine, where it may have any value.
    await setSysctl(host, 'net.ipv4.conf.all.rp_filter', 0)
    await setSysctl(host, 'net.ipv4.conf.default.rp_filter', 0)
  }

  for (const { a, b } of plan) {
    // The kernel is still removing an interface of a test file that was killed.
    await run('ip', ['link', 'delete', a.name]).catch(() => {})
    await run('ip', ['link', 'add', a.name, 'type', 'veth', 'peer', 'name', b.name, 'netns', `${owner.pid}`])
    undo.push(() => run('ip', ['link', 'delete', a.name]).catch(gone(a.name)))
  }
  await batch(
    'A',
    plan.flatMap(({ a }) => configure(a)),
  )
  await batch('B', ['link set lo up', ...plan.flatMap(({ b }) => configure(b))])
  if (options.multicastRoute) {
    await batch('A', [
      `route add 224.0.0.0/4 dev ${options.multicastRoute}`,
      `route add multicast ff00::/8 dev ${options.multicastRoute} table local metric 1`,
    ])
  }
  const endsOf = async (host: HostName) => ready(() => runOn(host, ['ip', '-json', 'address']))
  const [a, b] = [await endsOf('A'), await endsOf('B')]
  const pair = (at: 0 | 1): Pair => ({ a: { ...plan[at].a, ...a(plan[at].a) }, b: { ...plan[at].b, ...b(plan[at].b) } })

  const kept = <P extends Peer>(peer: P): P => {
    undo.push(peer.close)
    return peer
  }
  return {
    pairs: [pair(0), pair(1)],
    pid: (host) => (host === 'A' ? process.pid : owner.pid),
    ip: (host, ...args) => runOn(host, ['ip', ...args]),
    sysctl: setSysctl,
    spawn: (host, script, args) => kept(spawnScript(script, args, on(host))),
    spawnProgram: (host, command) => kept(spawnProgram([...on(host), ...command])),
    sender(host, settings) {
      const sender = startSender({ ...interfaceOf(settings.bind), ...settings }, on(host))
      kept(sender.peer)
      return sender
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

function plannedPair(at: number): Pair<PlannedEnd> {
  const end = (name: string, first: number): PlannedEnd => ({
    name,
    ipv4: [`10.77.${at}.${first}`, `10.77.${at}.${first + 1}`],
    ipv6: [`fd77:a${at}::${first}`, `fd77:a${at}::${first + 1}`],
  })
  return { a: end(`a${at}`, 1), b: end(`b${at}`, 11) }
}

function configure({ name, ipv4, ipv6 }: PlannedEnd): string[] {
  return [
    ...ipv4.map((address) => `address add ${address}/24 dev ${name}`),
    ...ipv6.map((address) => `address add ${address}/64 dev ${name} nodad`),
    `link set ${name} up`,
  ]
}

interface LinkState {
  ifname: string
  ifindex: number
  address: string
  operstate: string
  addr_info: { family: string; scope: string; local: string; tentative?: boolean }[]
}

/** Waits until both ends on a host carry traffic and all their addresses can be used. */
async function ready(read: () => Promise<string>): Promise<(end: PlannedEnd) => Omit<End, keyof PlannedEnd>> {
  let links: LinkState[] = []
  for (const patience = AbortSignal.timeout(10_000); ; ) {
    links = JSON.parse(await read())
    const usable = links.filter(
      ({ operstate, addr_info }) =>
        operstate === 'UP' && linkLocalOf(addr_info) !== undefined && addr_info.every(({ tentative }) => !tentative),
    )
    if (usable.length === plan.length) break
    if (patience.aborted) throw new Error(`the veth pairs did not come up: ${JSON.stringify(links)}`)
    await pause(5)
  }
  return ({ name }) => {
    const link = links.find(({ ifname }) => ifname === name)
    if (!link) throw new Error(`no interface ${name}`)
    return { index: link.ifindex, mac: link.address, linkLocal: linkLocalOf(link.addr_info) ?? '' }
  }
}

function linkLocalOf(addresses: LinkState['addr_info']): string | undefined {
  return addresses.find(({ family, scope }) => family === 'inet6' && scope === 'link')?.local
}

function interfaceOf(address: string): { interface?: string } {
  if (!address.includes(':')) return {}
  const end = plan.flatMap(({ a, b }) => [a, b]).find(({ ipv6 }) => ipv6.includes(address))
  return end ? { interface: `::%${end.name}` } : {}
}

/** A test may have deleted an interface itself. */
function gone(name: string): (error: Error) => void {
  return (error) => {
    if (!/Cannot find device/.test(error.message)) throw new Error(`${name} was not deleted: ${error.message}`)
  }
}
