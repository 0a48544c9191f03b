import dgram from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { control } from '../../lib/control/control.ts'
import { startProgram } from '../support/cli.ts'
import { ip, sysctl } from '../support/commands.ts'
import { diagnose } from '../support/doctor.ts'
import { describeOnHosts, plan } from '../support/hosts.ts'
import { startRouter } from '../support/membership-messages.ts'
import { startStream } from '../support/streams.ts'

const [, { a: port, b }] = plan
const GROUP = '239.1.1.1'
const CHANNEL = `${GROUP}:5004`
const on = ['-i', 'br0']
/** IGMPv3, to be answered within 0.1 s. */
const QUERY = Buffer.from('110100000000000002010000', 'hex')

describeOnHosts('sockctl doctor on a bridge', (hosts) => {
  const undo: (() => unknown)[] = []
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step()
  })

  /** Makes br0 on host A, whose port leads to host B. */
  const bridge = async (...settings: string[]) => {
    await ip('link', 'add', 'br0', 'type', 'bridge', ...settings)
    undo.push(() => ip('link', 'delete', 'br0'))
    await ip('address', 'flush', 'dev', port.name)
    await ip('link', 'set', port.name, 'master', 'br0')
    await ip('address', 'add', `${port.ipv4[0]}/24`, 'dev', 'br0')
    await ip('link', 'set', 'br0', 'up')
    // A new bridge has the kernel's defaults, which may be set for the machine.
    const filter = sysctl('net/ipv4/conf/br0/rp_filter', 0)
    undo.push(() => filter[Symbol.dispose]())
    for (const patience = AbortSignal.timeout(10_000); !/ state UP /.test(await ip('link', 'show', 'br0')); ) {
      if (patience.aborted) throw new Error('br0 did not come up')
      await pause(10)
    }
  }
  const stream = async () => {
    const { close } = await startStream(hosts(), { bind: b.ipv4[0], group: GROUP, port: 5004 })
    undo.push(close)
  }
  const router = () => startRouter(hosts(), 'B', hosts().pairs[1].b.index)

  it('warns of one that snoops without a querier, though all arrives yet', async () => {
    await bridge()
    await stream()
    const { status, verdict, find } = await diagnose(CHANNEL, ...on)
    expect(status).toBe(0)
    expect(find('bridge')).toMatchObject({
      status: 'warn',
      fix: 'ip link set br0 type bridge mcast_querier 1',
    })
    expect(verdict).toMatch(
      /^239\.1\.1\.1:5004 arrives; no querier was heard in [\d.]+ s .*may stop within 260 s; `--wait 130s` tells\.$/,
    )
  })

  it('names one that has forgotten who listens, for want of queries', async () => {
    // Two reports within 20 ms. The bridge remembers each for a second, and no querier asks for new ones.
    await bridge('mcast_membership_interval', '100')
    const reports = sysctl('net/ipv4/conf/br0/igmpv3_unsolicited_report_interval', 20)
    undo.push(() => reports[Symbol.dispose]())
    const changes = startProgram(['stdbuf', '-oL', 'bridge', 'monitor', 'mdb'])
    await router().igmp(QUERY)
    const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true }).bind(5004)
    await once(socket, 'listening')
    undo.push(() => socket.close())
    await control(socket).join({ group: GROUP, interface: 'br0' })
    await changes.line(/^Deleted .*239\.1\.1\.1/)
    await stream()
    const soon = await diagnose(CHANNEL, ...on, '--wait', '700ms')
    expect(soon).toMatchObject({ status: 1, cause: 'bridge', certainty: 'likely' })
    expect(soon.verdict).toBe(
      'Likely: the bridge br0 snoops, and for want of IGMP queries has forgotten that this host listens. Fix: ip link set br0 type bridge mcast_querier 1',
    )
    const proven = await diagnose(CHANNEL, ...on)
    expect(proven).toMatchObject({ status: 1, cause: 'forgotten', certainty: 'proven', flows: false })
    expect(proven.fix).toBe('ip link set br0 type bridge mcast_querier 1')
  })

  it.each([
    ['does not snoop', ['mcast_snooping', '0'], 'the bridge br0 does not snoop'],
    ['sends queries itself', ['mcast_querier', '1'], 'the bridge br0 snoops, and sends queries itself'],
  ])('finds nothing wrong with one that %s', async (_, settings, says) => {
    await bridge(...settings)
    await stream()
    const { find } = await diagnose(CHANNEL, ...on)
    expect(find('bridge')).toEqual({ check: 'bridge', status: 'pass', says })
  })

  it('finds nothing wrong if a querier is heard', async () => {
    await bridge()
    const querier = router()
    const asking = setInterval(() => querier.igmp(QUERY).catch(() => {}), 50)
    undo.push(() => clearInterval(asking))
    await stream()
    const { find } = await diagnose(CHANNEL, ...on, '--wait', '1s')
    expect(find('bridge')).toMatchObject({
      status: 'pass',
      says: expect.stringMatching(/^the bridge br0 snoops, and 10\.77\.1\.1\d sends queries$/),
    })
  })

  it("sends whoever joins on a bridge's port to the bridge", async () => {
    await bridge()
    await stream()
    const { status, verdict, cause } = await diagnose(CHANNEL, '-i', port.name, '--wait', '700ms')
    expect({ status, cause }).toEqual({ status: 1, cause: 'bridge' })
    expect(verdict).toBe(
      `Proven: ${port.name} is a port of br0, and the join has to be on br0. Fix: sockctl receive ${CHANNEL} -i br0`,
    )
  })
})
