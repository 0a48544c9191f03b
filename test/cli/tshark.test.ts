import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { MembershipPacket } from '../../lib/protocols/membership-packet.ts'
import { type Running, startCli, startProgram } from '../support/cli.ts'
import { type HostName, onHost, type TwoHosts, twoHosts } from '../support/hosts.ts'
import { startRouter } from '../support/membership-messages.ts'
import { describeUnless, namespaceMissing } from '../support/namespace.ts'
import { udpControls } from '../support/sockets.ts'
import { toolsMissing } from '../support/tools.ts'
import { type Reading, readTshark, type Told, tshark } from '../support/tshark.ts'

const missing = namespaceMissing ?? toolsMissing({ tshark: 'tshark' })

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const zeros = '0'.repeat(32)
const group6 = `ff15${'0'.repeat(27)}1`
const [nine, eight] = [`fd00${'0'.repeat(27)}9`, `fd00${'0'.repeat(27)}8`]

/** Every kind of message, and the edges of the codes that are small floats (RFC 3376 4.1.1, RFC 3810 5.1.3). */
const MESSAGES = {
  'an IGMPv1 query': '11 00 0000 00000000',
  'an IGMPv2 query': '11 64 0000 00000000',
  'an IGMPv2 query of a group, whose time is no float': '11 8f 0000 ef010101',
  'an IGMPv3 query': '11 64 0000 00000000 02 7d 0000',
  'an IGMPv3 query of a group, the largest of plain codes': '11 7f 0000 ef010101 07 7f 0000',
  'an IGMPv3 query of a group, the smallest of floats': '11 80 0000 ef010101 00 80 0000',
  'an IGMPv3 query of sources, floats between': '11 9f 0000 ef010101 0a c5 0002 0a000009 0a000008',
  'an IGMPv3 query, the largest of floats': '11 ff 0000 00000000 08 ff 0000',
  'an IGMPv1 report': '12 00 0000 ef010101',
  'an IGMPv2 report': '16 00 0000 ef010101',
  'an IGMPv2 leave': '17 00 0000 ef010101',
  'IGMPv3 records of every type':
    '22 00 0000 0000 0006 01000001 e8010101 0a000009 02000001 ef010101 0a000008 03000000 e8010102' +
    '04000000 ef010102 05000002 e8010103 0a000009 0a000008 06000001 e8010103 0a000007',
  'IGMPv3 records with auxiliary data':
    '22 00 0000 0000 0002 04020000 ef010101 0102030405060708 06000001 ef010102 0a000009',
  'an MLDv1 query': `82 00 0000 2710 0000 ${zeros}`,
  'an MLDv1 query of a group, whose time is no float': `82 00 0000 ffff 0000 ${group6}`,
  'an MLDv2 query': `82 00 0000 2710 0000 ${zeros} 02 7d 0000`,
  'an MLDv2 query of a group, the largest of plain codes': `82 00 0000 7fff 0000 ${group6} 07 7f 0000`,
  'an MLDv2 query of a group, the smallest of floats': `82 00 0000 8000 0000 ${group6} 00 80 0000`,
  'an MLDv2 query of sources, floats between': `82 00 0000 9abc 0000 ${group6} 0a c5 0002 ${nine} ${eight}`,
  'an MLDv2 query, the largest of floats': `82 00 0000 ffff 0000 ${zeros} 08 ff 0000`,
  'an MLDv1 report': `83 00 0000 0000 0000 ${group6}`,
  'an MLDv1 done': `84 00 0000 0000 0000 ${group6}`,
  'MLDv2 records of every type':
    `8f 00 0000 0000 0006 01000001 ${group6} ${nine} 02000001 ${group6} ${eight} 03000000 ${group6}` +
    `04000000 ${group6} 05000002 ${group6} ${nine} ${eight} 06000001 ${group6} ${nine}`,
  'MLDv2 records with auxiliary data': `8f 00 0000 0000 0002 04020000 ${group6} 0102030405060708 06000001 ${group6} ${nine}`,
}

/** An IGMPv2 report that marks the end of the messages to compare. */
const MARK = bytes('16 00 0000 efff4d4d')
const MARKED = '239.255.77.77'

type Printed = MembershipPacket & { text: string; direction: 'sent' | 'heard' }

/** Our object without the fields tshark leaves out: the names of records, and the response time of IGMPv1. */
function told({ message, source, destination, hopLimit, routerAlert }: Printed): Told {
  const rest = { source, destination, hopLimit, routerAlert }
  if (message.type === 'records')
    return { ...rest, ...message, records: message.records.map(({ name: _, ...record }) => record) } as Told
  if (message.type !== 'query' || message.protocol !== 'IGMP' || message.version > 1)
    return { ...rest, ...message } as Told
  const { maxResponseTime: _, ...query } = message
  return { ...rest, ...query } as Told
}

describeUnless(missing, 'sockctl igmp beside tshark', () => {
  const socket = udpControls()
  let hosts: TwoHosts
  let beside: Running | undefined
  beforeAll(async () => {
    hosts = await twoHosts()
  })
  afterEach(async () => {
    // If killed by SIGKILL, tshark would leave its capture file behind.
    beside?.kill('SIGINT')
    await beside?.ended
  })
  afterAll(() => hosts?.dispose())

  /** Runs tshark and sockctl on an interface: both have to tell the same about all messages before the mark. */
  const watch = async (host: HostName, name: string) => {
    const options = { prefix: onHost(hosts, host) }
    const ours = startCli(['igmp', '--json', '-i', name], options)
    await ours.object(({ event }: { event?: string }) => event === 'listening')
    beside = startProgram(tshark(name), options)
    const theirs = beside
    await theirs.line(/Capture started/)
    return async () => {
      const printed: Printed[] = []
      for (;;) {
        const next = await ours.object<Printed>(({ direction }) => direction === 'heard')
        if ('group' in next.message && next.message.group === MARKED) break
        printed.push(next)
      }
      const senders = new Set(printed.map(({ source }) => source))
      const read: Reading[] = []
      for (;;) {
        const next = readTshark(await theirs.line(/\|/))
        if (next.told.group === MARKED) break
        if (senders.has(next.told.source)) read.push(next)
      }
      expect(printed.map(told)).toEqual(read.map((one) => one.told))
      // The lines for a person are compared too, if tshark's names the group.
      const worded = printed.flatMap(({ message, text }, at) =>
        message.protocol === 'IGMP' && 'version' in message && message.version > 1 ? ([[text, read[at]]] as const) : [],
      )
      for (const [text, one] of worded) expect(text).toBe(`IGMPv${one?.told.version} ${one?.info}`)
      return printed
    }
  }

  it('reads every message of IGMP and MLD as tshark does', async () => {
    const { a, b } = hosts.pairs[1]
    const compared = await watch('A', a.name)
    const router = startRouter(hosts, 'B', b.index)
    for (const hex of Object.values(MESSAGES)) {
      const message = bytes(hex)
      await ((message[0] ?? 0) < 0x80 ? router.igmp(message) : router.mld(message))
    }
    await router.igmp(MARK)
    expect((await compared()).length).toBeGreaterThanOrEqual(Object.keys(MESSAGES).length)
  })

  it('reads what the kernel sends for joins, blocks, filters and leaves as tshark does', async () => {
    const { a, b } = hosts.pairs[0]
    for (const version of ['4/conf/a0/igmpv3', '6/conf/a0/mldv2'])
      await hosts.sysctl('A', `net/ipv${version}_unsolicited_report_interval`, 20)
    const compared = await watch('B', b.name)
    for (const [type, any, specific, one, two] of [
      ['udp4', '239.1.1.1', '232.1.1.1', '10.0.0.9', '10.0.0.8'],
      ['udp6', 'ff15::1', 'ff3e::1', 'fd00::9', 'fd00::8'],
    ] as const) {
      const receiver = await socket(type)
      const joined = await receiver.join({ group: any, interface: a.name })
      await joined.block(one)
      await receiver.join({ group: specific, source: one, interface: a.name })
      await receiver.join({ group: specific, source: two, interface: a.name })
      await receiver.setSourceFilter({ group: any, interface: a.name }, { mode: 'include', sources: [one, two] })
      await joined.leave()
    }
    await startRouter(hosts, 'A', a.index).igmp(MARK)
    expect((await compared()).length).toBeGreaterThan(0)
  })
})
