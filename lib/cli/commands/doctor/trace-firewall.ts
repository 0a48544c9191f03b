// Has the kernel trace some of the datagrams through nf_tables, which proves the rule that drops them.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseTraceLine, type TracedDrop } from '../../../kernel/firewall/nft-trace.ts'
import { withRights } from './system.ts'
import type { WantedChannel } from './wanted-channel.ts'

/** What became of the traced datagrams. */
export interface Trace {
  /** How many datagrams were traced. */
  readonly packets: number
  /** What dropped them, and how many. */
  readonly drops: readonly { readonly drop: TracedDrop; readonly packets: number }[]
  /** Why nothing could be traced; undefined if it could. */
  readonly refused: string | undefined
}

export interface Tracing extends AsyncDisposable {
  /** Ends the trace, and tells what it showed. */
  finish(): Promise<Trace>
}

/** How many datagrams a second are traced: enough to know, few enough to cost nothing. */
const RATE = 'limit rate 10/second burst 5 packets'
/** How many packets are remembered. */
const MAX_PACKETS = 1000
/** In milliseconds: how long nft may take to set up the table, and what is on its way to be read. */
const PATIENCE = 3000
const LAST_LINES = 200

const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
  LC_ALL: 'C',
})

/** The rules that set the trace mark, before all others. One of the hooks is enough: a packet keeps its mark. */
function commandsFor(table: string, { group, family, port, on }: WantedChannel): string[] {
  const condition = `${family === 'ipv4' ? 'ip' : 'ip6'} daddr ${group}${port === undefined ? '' : ` udp dport ${port}`}`
  // The owner of the table is the socket of nft: once that is closed, the kernel removes the table.
  const within = (of: string, chain: string): string[] => [
    `add table ${of} ${table} { flags owner; }`,
    `add chain ${of} ${table} marking { ${chain} }`,
    `add rule ${of} ${table} marking ${condition} ${RATE} meta nftrace set 1`,
  ]
  return [
    ...within('inet', 'type filter hook prerouting priority -450;'),
    ...within('netdev', `type filter hook ingress device "${on.name}" priority -500;`),
    `list table inet ${table}`,
  ]
}

/** Ends a program whose standard input is its life, however this process itself ends. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'close')
  child.stdin?.end()
  await ended.catch(() => undefined)
}

export async function startTrace(wanted: WantedChannel, stop: AbortSignal): Promise<Tracing> {
  const table = `sockctl_trace_${process.pid}`
  const refuse = (says: string): Tracing => ({
    finish: async () => ({ packets: 0, drops: [], refused: says }),
    [Symbol.asyncDispose]: async () => undefined,
  })
  // The shell waits for the end of its input, which comes with the end of this process, and then ends nft.
  const script = 'nft monitor trace & monitor=$!; read -r _; kill $monitor; wait'
  const monitor = spawn('sh', ['-c', script], { env: env(), stdio: ['pipe', 'pipe', 'ignore'] })
  const owner = spawn('nft', ['-i'], { env: env(), stdio: 'pipe' })
  for (const child of [monitor, owner]) {
    child.on('error', () => undefined)
    child.stdin?.on('error', () => undefined)
  }
  const seen = new Set<string>()
  const drops = new Map<string, { drop: TracedDrop; packets: number }>()
  createInterface({ input: monitor.stdout }).on('line', (line) => {
    const one = parseTraceLine(line)
    if (one === undefined || (seen.size >= MAX_PACKETS && !seen.has(one.id))) return
    seen.add(one.id)
    if (one.drop === undefined) return
    const key = JSON.stringify(one.drop)
    const known = drops.get(key) ?? { drop: one.drop, packets: 0 }
    known.packets++
    drops.set(key, known)
  })
  const close = async (): Promise<void> => {
    await Promise.all([end(owner), end(monitor)])
  }
  let said = ''
  const ready = new Promise<boolean>((resolve) => {
    let answer = ''
    // An error of nft does not end it.
    owner.stderr.on('data', (data: Buffer) => {
      said = `${said}${data.toString()}`.slice(0, 4096)
      resolve(false)
    })
    owner.stdout.on('data', (data: Buffer) => {
      answer = `${answer}${data.toString()}`.slice(-4096)
      if (answer.includes('nftrace set 1')) resolve(true)
    })
    for (const event of ['error', 'close']) owner.once(event, () => resolve(false))
    AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]).addEventListener('abort', () => resolve(false))
  })
  owner.stdin.write(`${commandsFor(table, wanted).join('\n')}\n`)
  if (!(await ready)) {
    await close()
    if (owner.pid === undefined) return refuse('nft is not installed')
    if (/permitted/i.test(said)) return refuse(`tracing needs CAP_NET_ADMIN: run doctor ${withRights('CAP_NET_ADMIN')}`)
    return refuse(`nft made no table to trace with: ${said.trim().split('\n')[0] ?? ''}`)
  }
  return {
    finish: async () => {
      await new Promise((resolve) => setTimeout(resolve, LAST_LINES))
      await close()
      return { packets: seen.size, drops: [...drops.values()], refused: undefined }
    },
    [Symbol.asyncDispose]: close,
  }
}
