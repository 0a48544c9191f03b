// Two trials of kept memberships. node scripts/keep-soak.mjs flaps [--count 1000]: interfaces that come and go leak nothing and lose
// nothing for good. node scripts/keep-soak.mjs quiet [--seconds 600]: channels without traffic cost no packet and no wake-up.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findNamespace } from './namespace.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '600' } },
})
const [trial] = positionals
const self = fileURLToPath(import.meta.url)

if (process.env.SOCKCTL_KEEP_SOAK !== '1') {
  const { flags, missing } = findNamespace()
  if (missing !== undefined) throw new Error(missing)
  const { status } = spawnSync('unshare', [...flags, process.execPath, '--expose-gc', self, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, SOCKCTL_KEEP_SOAK: '1', PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  })
  process.exit(status ?? 1)
}

const { openReceiver } = await import('../dist/index.js')
const ip = (...lines) => execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` })
const plug = () => ip('link add k0 type veth peer name k1', 'link set k1 up', 'link set k0 up')
const channels = ['239.7.7.1', 'ff15::7:1'].map((group) => ({ group, interface: 'k0' }))
channels.push({ group: '232.7.7.1', source: '192.0.2.1', interface: 'k0' })
channels.push({ group: 'ff35::7:1', source: '2001:db8::1', interface: 'k0' })
ip('link set lo up')
// The kernel's own packets are not counted: it looks for IPv6 routers by itself.
writeFileSync('/proc/sys/net/ipv6/conf/default/router_solicitations', '0')
plug()

const counted = () => ({ descriptors: readdirSync('/proc/self/fd').length, heap: process.memoryUsage().heapUsed })
const listed = () => {
  const lists = ['igmp', 'igmp6']
    .map((name) => readFileSync(`/proc/self/net/${name}`, 'utf8'))
    .join('')
    .toUpperCase()
  return ['010707EF', '010707E8', '0000000000000000000000000070001', '0000000700001'].filter((one) =>
    lists.includes(one),
  )
}

async function flaps() {
  const receiver = await openReceiver({ channels })
  void receiver.receive().catch(() => {})
  let told = 0
  let wake = () => {}
  receiver.on('channel-change', ({ type }) => {
    told += type === 'lost' || type === 'renewed' ? 1 : 0
    wake()
  })
  /** Settles when every channel is joined, and `losses` more were told than before. */
  const settled = async (since = told, losses = 0) => {
    const patience = performance.now() + 10_000
    while (told < since + losses || receiver.channels.some(({ state }) => state !== 'joined')) {
      if (performance.now() > patience) throw new Error(`not joined again: ${JSON.stringify(receiver.channels)}`)
      await new Promise((resolve) => {
        wake = resolve
        setTimeout(resolve, 20)
      })
    }
  }
  const flap = async (number) => {
    const since = told
    if (number % 3 === 0) ip('link set k0 down', 'link set k0 up')
    else {
      ip('link delete k0')
      // Sometimes the receiver learns of the deletion first, sometimes of both together.
      if (number % 3 === 1) await pause(2)
      plug()
    }
    // Some flaps follow at once.
    if (number % 7 !== 0) await settled(since, 2 * channels.length)
  }
  for (let number = 1; number <= 50; number++) await flap(number)
  await settled()
  globalThis.gc()
  const before = counted()
  for (let number = 1; number <= Number(values.count); number++) await flap(number)
  await settled()
  globalThis.gc()
  const after = counted()
  const held = listed()
  await receiver.close()
  await pause(100)
  const result = {
    flaps: Number(values.count),
    told,
    descriptors: after.descriptors - before.descriptors,
    heapKiB: Math.round((after.heap - before.heap) / 1024),
    groupsHeld: held.length,
    groupsAfterClose: listed().length,
  }
  console.log(JSON.stringify(result))
  if (result.descriptors > 0 || result.heapKiB > 1024 || result.groupsAfterClose > 0 || held.length === 0)
    process.exit(1)
}

/** Voluntary and other context switches of all threads of a process, and the processor's time it has taken, in ticks. */
function activity(pid) {
  let switches = 0
  let ticks = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    for (const [, count] of status.matchAll(/ctxt_switches:\t(\d+)/g)) switches += Number(count)
    const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ')[1].split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return { switches, ticks }
}

/** The packets that have left by k0: the tenth number behind its name in /proc/net/dev. */
const sent = () => Number(/ k0:(.*)/.exec(readFileSync('/proc/self/net/dev', 'utf8'))[1].trim().split(/\s+/)[9])

async function quiet() {
  const code = `
    const { openReceiver } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)})
    const receiver = await openReceiver({ channels: ${JSON.stringify(channels)}, keep: ${process.env.KEEP ?? 'true'} })
    console.log('open')
    await receiver.receive()
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  // Addresses are checked, and joins are reported twice, in the first seconds; V8 tidies up for a while.
  await pause(20_000)
  const before = { ...activity(child.pid), packets: sent() }
  await pause(Number(values.seconds) * 1000)
  const after = { ...activity(child.pid), packets: sent() }
  child.kill()
  const result = {
    seconds: Number(values.seconds),
    packets: after.packets - before.packets,
    switches: after.switches - before.switches,
    ticks: after.ticks - before.ticks,
  }
  console.log(JSON.stringify(result))
  if (result.packets > 0 || result.switches > 0) process.exit(1)
}

if (trial === 'flaps') await flaps()
else if (trial === 'quiet') await quiet()
else throw new Error('which trial: flaps or quiet?')
