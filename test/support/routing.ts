// A network with a multicast router: a source's host, the router on host B, and host A behind both of its other interfaces.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openReceiver } from 'sockctl'
import { onTestFinished } from 'vitest'
import { type Running, startProgram } from './cli.ts'
import { run } from './commands.ts'
import { type Inbox, inboxOfBatches } from './datagrams.ts'
import { onHost, type TwoHosts } from './hosts.ts'
import { spawnProgram } from './processes.ts'
import { type Sender, startSender } from './senders.ts'

export type Inet = 'ipv4' | 'ipv6'

/** The source's address, on c0 of its own host; the router's b2 is at the other end. */
export const SOURCE = { ipv4: '10.77.2.2', ipv6: 'fd77:a2::2' } as const

/** Gives the source a host of its own behind host B, and a sender on it. */
export async function sourceHost(hosts: TwoHosts): Promise<(family: Inet) => Sender> {
  const owner = spawnProgram(['unshare', '--net', 'sh', '-c', 'echo "{}"; exec cat'])
  onTestFinished(owner.close)
  await owner.next()
  const there = ['nsenter', `--target=${owner.pid}`, '--net']
  await hosts.ip('B', 'link', 'add', 'b2', 'type', 'veth', 'peer', 'name', 'c0', 'netns', `${owner.pid}`)
  // A namespace goes some time after its last process, and takes the link with it then.
  onTestFinished(() => hosts.ip('B', 'link', 'delete', 'b2').then(() => {}))
  for (const address of ['10.77.2.1/24', 'fd77:a2::1/64'])
    await hosts.ip('B', 'address', 'add', address, 'dev', 'b2', ...(address.includes(':') ? ['nodad'] : []))
  await hosts.ip('B', 'link', 'set', 'b2', 'up')
  const lines = [
    'link set lo up',
    'link set c0 up',
    'address add 10.77.2.2/24 dev c0',
    'address add fd77:a2::2/64 dev c0 nodad',
  ]
  await run('nsenter', [...there.slice(1), 'ip', '-batch', '-'], lines.join('\n'))
  return (family) => {
    const through = family === 'ipv6' ? { interface: '::%c0' } : {}
    const sender = startSender({ bind: SOURCE[family], hops: 64, ...through }, there)
    onTestFinished(() => sender.peer.close())
    return sender
  }
}

/** What a receiver of host A hears on an interface. */
export async function hearing(on: string, group: string, port: number): Promise<Inbox> {
  const receiver = await openReceiver({ channels: [{ group, interface: on }], port })
  onTestFinished(() => receiver.close())
  return inboxOfBatches(receiver)
}

export interface Router {
  readonly name: string
  readonly families: readonly Inet[]
  /** Starts it on host B, for a group from b2 to b0, and to b1 with a threshold of 5. */
  start(hosts: TwoHosts, group: string): Promise<Running>
}

const start = (hosts: TwoHosts, ...command: string[]): Running => startProgram([...onHost(hosts, 'B'), ...command])

function configured(name: string, text: string): { file: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-router-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, name)
  writeFileSync(file, text)
  return { file, folder }
}

/** The lines of /proc/net/ip_mr_vif and its kin on host B, without the head. */
export function routing(hosts: TwoHosts, what: 'ip_mr_vif' | 'ip_mr_cache' | 'ip6_mr_cache'): string[][] {
  const [, ...lines] = readFileSync(`/proc/${hosts.pid('B')}/net/${what}`, 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => line.trim().split(/\s+/))
}

/** Waits for what nothing tells: the state of another program in /proc. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(20)
}

export const ROUTERS: readonly Router[] = [
  {
    name: 'the example',
    families: ['ipv4', 'ipv6'],
    async start(hosts, group) {
      const router = start(hosts, process.execPath, 'examples/multicast-router.mjs', group, 'b2', 'b0', 'b1:5')
      await router.line(/^routing/)
      return router
    },
  },
  {
    name: 'smcroute',
    families: ['ipv4', 'ipv6'],
    async start(hosts, group) {
      const family = group.includes(':') ? 'ipv6' : 'ipv4'
      const { file, folder } = configured(
        'smcroute.conf',
        `phyint b2 enable\nphyint b0 enable ttl-threshold 1\nphyint b1 enable ttl-threshold 5\nmgroup from b2 group ${group}\nmroute from b2 group ${group} source ${SOURCE[family]} to b0 b1\n`,
      )
      const router = start(hosts, 'smcrouted', '-n', '-N', '-f', file, '-P', `${folder}/pid`, '-u', `${folder}/socket`)
      await until(() => routing(hosts, family === 'ipv4' ? 'ip_mr_cache' : 'ip6_mr_cache').length > 0)
      return router
    },
  },
  {
    name: 'igmpproxy',
    families: ['ipv4'],
    async start(hosts) {
      const { file } = configured(
        'igmpproxy.conf',
        'quickleave\nphyint b2 upstream ratelimit 0 threshold 1\naltnet 10.77.2.0/24\nphyint b0 downstream ratelimit 0 threshold 1\nphyint b1 downstream ratelimit 0 threshold 5\nphyint lo disabled\n',
      )
      const router = start(hosts, 'igmpproxy', '-n', file)
      await until(() => routing(hosts, 'ip_mr_vif').length >= 3)
      return router
    },
  },
]
