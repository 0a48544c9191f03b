import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Pair, TwoHosts } from './hosts.ts'
import { describeUnless, namespaceMissing } from './namespace.ts'
import { decodeReport, type GroupRecord, type RecordKind, type Report } from './reports.ts'

/** The IGMP or MLD reports that host A puts on one veth pair, as host B sees them. */
export interface Capture extends AsyncDisposable {
  /** Everything so far, each repetition too. */
  readonly reports: readonly Report[]
  /**
   * Acts on host A and gives what the kernel reported for that, once all of it has been sent: each record once, its
   * repetitions left out. No record means silence, proved by a report for another group that went out afterwards.
   */
  step(action: () => unknown): Promise<GroupRecord[]>
}

/** For each family, the group of the proof, which no test may join. */
const PROOF = { 4: '239.255.77.77', 6: 'ff15::7777' } as const

const missing =
  namespaceMissing ??
  (spawnSync('python3', ['-V']).error ? 'python3 is not installed (Debian package python3)' : undefined)

/** `describe` for tests with captures. */
export function describeWithCaptures(name: string, tests: () => void): void {
  describeUnless(missing, name, tests)
}

export async function captureReports(hosts: TwoHosts, { a, b }: Pair, family: 4 | 6): Promise<Capture> {
  // Each change is reported twice, the second time after a random part of this: a second by default, ten in the older
  // versions.
  for (const version of family === 4 ? ['igmpv3', 'igmpv2'] : ['mldv2', 'mldv1'])
    await hosts.sysctl('A', `net/ipv${family}/conf/${a.name}/${version}_unsolicited_report_interval`, 20)

  const reader = hosts.spawnProgram('B', [
    'python3',
    '-EsB',
    fileURLToPath(new URL('capture.py', import.meta.url)),
    b.name,
  ])
  await reader.next()

  const reports: Report[] = []
  const arrivals = new EventEmitter()
  const read = async () => {
    for (;;) {
      const { frame } = await reader.next<{ frame: string }>()
      const report = decodeReport(Buffer.from(frame, 'hex'))
      if (report?.family !== family) continue
      reports.push(report)
      arrivals.emit('report')
    }
  }
  let failure: Error | undefined
  const reading = read().catch((error: Error) => {
    failure = error
    arrivals.emit('report')
  })

  const proof = PROOF[family]
  /** All copies of a change of the proof's group: by then, every copy of each earlier change has been sent too. */
  const seen = async (from: number, copies: Partial<Record<RecordKind, number>>) => {
    const counted = (kind: RecordKind) =>
      reports.slice(from).filter(({ records }) => records.some((r) => r.kind === kind && r.group === proof)).length
    const done = () => Object.entries(copies).some(([kind, least]) => counted(kind as RecordKind) >= least)
    const patience = AbortSignal.timeout(10_000)
    while (!done()) {
      if (failure) throw failure
      await once(arrivals, 'report', { signal: patience })
    }
  }

  return {
    reports,
    async step(action) {
      const from = reports.length
      await action()
      const socket = dgram.createSocket(family === 4 ? 'udp4' : 'udp6')
      await new Promise<void>((resolve) => socket.bind(0, resolve))
      socket.addMembership(proof, family === 4 ? a.ipv4[0] : `::%${a.name}`)
      await seen(from, { TO_EX: 2, V2_REPORT: 2, MLD1_REPORT: 2 })
      await new Promise<void>((resolve) => socket.close(resolve))
      await seen(from, { TO_IN: 2, V2_LEAVE: 1, MLD1_DONE: 1 })
      return withoutRepetitions(reports.slice(from).flatMap(({ records }) => records))
    },
    async [Symbol.asyncDispose]() {
      await reader.close()
      await reading
    },
  }

  function withoutRepetitions(records: GroupRecord[]): GroupRecord[] {
    // The kernel's own neighbour-discovery groups come and go with addresses.
    const ours = records.filter(({ group }) => group !== proof && !group.startsWith('ff02::1:ff'))
    const said = new Map<string, string>()
    return ours.filter(({ kind, group, sources }) => {
      const record = `${kind} ${sources}`
      const repeated = said.get(group) === record
      said.set(group, record)
      return !repeated
    })
  }
}
