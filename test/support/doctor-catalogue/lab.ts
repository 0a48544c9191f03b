// Builds the networks of the catalogue, step by step, and takes them down again.
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { interfaces } from 'sockctl'
import { run, sysctl } from '../commands.ts'
import type { End, TwoHosts } from '../hosts.ts'
import { startRouter } from '../membership-messages.ts'
import type { Peer } from '../processes.ts'
import { startStream } from '../streams.ts'
import { type FramePlan, framesOf } from './frames.ts'

export const PORT = 5004
export const GROUP = '239.1.1.1'
export const GROUP6 = 'ff15::1'

/** What a program that receives does. */
export interface ProgramPlan {
  address?: string
  port?: number
  joins?: { group: string; interface?: string; source?: string; blocks?: string }[]
  device?: string
  peer?: string
  buffer?: number
  exclusive?: boolean
  refuses?: boolean
  reads?: boolean
  v6only?: boolean
  takesAll?: false
}

export interface StreamPlan {
  bind?: string
  group?: string
  port?: number
  size?: number
  on?: string
}

export interface Lab {
  /** The interfaces of pair 0, over which the stream comes, and of pair 1. */
  readonly a: End
  readonly b: End
  readonly a1: End
  readonly b1: End
  /** Runs `ip` on this host (A), or on the neighbour (B). */
  ip(host: 'A' | 'B', line: string): Promise<void>
  /** Has something done when the network is taken down. */
  undo(step: () => unknown): void
  sysctl(path: string, value: number | string): void
  /** Host B sends: by default from its first IPv4 address on pair 0 to 239.1.1.1:5004. */
  stream(plan?: StreamPlan): Promise<void>
  /** The same for IPv6 and ff15::1. */
  stream6(plan?: StreamPlan): Promise<void>
  /** Host B sends frames as they are. */
  frames(plan?: Partial<FramePlan>): Promise<void>
  /** A program on this host receives. */
  program(plan?: ProgramPlan): Promise<Peer>
  /** Runs code of a sender on a host. */
  sender(host: 'A' | 'B', code: string): Promise<void>
  /** Has tc run a program of classic BPF, one instruction that returns a verdict, on what comes in by pair 0. */
  ingress(verdict: 'pass' | 'drop' | 'steal'): Promise<void>
  /** Loads rules of nft on this host. */
  rules(text: string): Promise<void>
  /** Host B asks as a querier does. */
  query(message: Uint8Array, by?: End | { index: number }): Promise<void>
  queries(message: Uint8Array): Promise<void>
  /** Makes a bridge of an interface of a host. */
  bridge(host: 'A' | 'B', port: End, addresses: readonly string[], ...settings: string[]): Promise<{ index: number }>
  takeDown(): Promise<void>
}

/** TC_ACT_OK, TC_ACT_SHOT, which is counted, and TC_ACT_STOLEN, which is not. */
const TC_VERDICTS = { pass: 0, drop: 2, steal: 4 }

const scriptPath = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export function openLab(hosts: TwoHosts): Lab {
  const undo: (() => unknown)[] = []
  const [{ a, b }, { a: a1, b: b1 }] = hosts.pairs
  const router = { at: undefined as ReturnType<typeof startRouter> | undefined, index: 0 }
  const kept = async (peer: Peer): Promise<Peer> => {
    undo.push(() => peer.close())
    await peer.next()
    return peer
  }
  const lab: Lab = {
    a,
    b,
    a1,
    b1,
    undo: (step) => void undo.push(step),
    ip: async (host, line) => {
      await hosts.ip(host, ...line.split(' '))
    },
    sysctl: (path, value) => {
      const setting = sysctl(path, value)
      undo.push(() => setting[Symbol.dispose]())
    },
    stream: async (plan = {}) => {
      const peer = await startStream(hosts, { bind: b.ipv4[0], group: GROUP, port: PORT, ...plan })
      undo.push(() => peer.close())
    },
    stream6: (plan = {}) => lab.stream({ bind: b.ipv6[0], group: GROUP6, on: `::%${b.name}`, ...plan }),
    frames: async (plan = {}) => {
      const frames = framesOf({ source: b.ipv4[0], destination: GROUP, port: PORT, ...plan })
      const send = { by: b.index, frames: frames.map((frame) => frame.toString('hex')) }
      await kept(hosts.spawn('B', scriptPath('frame-sender.mjs'), [JSON.stringify(send)]))
    },
    program: (plan = {}) =>
      kept(
        hosts.spawn('A', scriptPath('receiving-program.mjs'), [
          JSON.stringify({ address: '0.0.0.0', port: PORT, ...plan }),
        ]),
      ),
    sender: async (host, code) => {
      await kept(hosts.spawn(host, { code }))
    },
    ingress: async (verdict) => {
      await run('tc', ['qdisc', 'add', 'dev', a.name, 'clsact'])
      lab.undo(() => run('tc', ['qdisc', 'delete', 'dev', a.name, 'clsact']))
      const bytecode = `1,6 0 0 ${TC_VERDICTS[verdict]},`
      await run('tc', ['filter', 'add', 'dev', a.name, 'ingress', 'bpf', 'da', 'bytecode', bytecode])
    },
    rules: async (text) => {
      undo.push(() => run('nft', ['delete', 'table', text.split(' ')[1] ?? '', text.split(' ')[2] ?? '']))
      await run('nft', ['-f', '-'], text)
    },
    query: async (message, by = b) => {
      if (router.at === undefined || router.index !== by.index)
        Object.assign(router, { at: startRouter(hosts, 'B', by.index), index: by.index })
      await (message[0] === 0x82 ? router.at?.mld(message) : router.at?.igmp(message))
    },
    queries: async (message) => {
      await lab.query(message)
      const asking = setInterval(() => lab.query(message).catch(() => {}), 200)
      undo.push(() => clearInterval(asking))
    },
    bridge: async (host, port, addresses, ...settings) => {
      const name = host === 'A' ? 'br0' : 'br9'
      await lab.ip(host, ['link add', name, 'type bridge', ...settings].join(' '))
      undo.push(async () => {
        await lab.ip(host, `link delete ${name}`)
        for (const address of port.ipv4) await lab.ip(host, `address add ${address}/24 dev ${port.name}`)
        for (const address of port.ipv6) await lab.ip(host, `address replace ${address}/64 dev ${port.name} nodad`)
      })
      await lab.ip(host, `address flush dev ${port.name} scope global`)
      await lab.ip(host, `link set ${port.name} master ${name}`)
      for (const address of addresses)
        await lab.ip(host, `address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`)
      await lab.ip(host, `link set ${name} up`)
      if (host === 'A') lab.sysctl(`net/ipv4/conf/${name}/rp_filter`, 0)
      for (const patience = AbortSignal.timeout(30_000); ; await pause(10)) {
        const [link] = JSON.parse(await hosts.ip(host, '-json', 'address', 'show', 'dev', name)) as LinkState[]
        if (link?.operstate === 'UP' && link.addr_info.some(({ scope }) => scope === 'link'))
          return { index: link.ifindex }
        if (patience.aborted) throw new Error(`${name} did not come up`)
      }
    },
    takeDown: async () => {
      router.at = undefined
      for (const step of undo.splice(0).reverse()) await step()
    },
  }
  return lab
}

interface LinkState {
  operstate: string
  ifindex: number
  addr_info: { scope: string }[]
}

/** Waits until an interface of this host runs, or no longer does. */
export async function running(name: string, wanted = true): Promise<void> {
  for (const patience = AbortSignal.timeout(10_000); ; await pause(5)) {
    if (interfaces().some((one) => one.name === name && one.flags.running === wanted)) return
    if (patience.aborted) throw new Error(`${name} does not ${wanted ? 'run' : 'stop'}`)
  }
}

export { pause }
