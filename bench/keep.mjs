// What keeping memberships costs: at the join, and when an interface with many channels comes and goes.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openReceiver } from 'sockctl'
import { compile } from './support/floor.mjs'
import { takeTurns } from './support/rounds.mjs'
import { atMost, below } from './support/table.mjs'
import { watchTicks } from './support/ticks.mjs'

export const title = 'Kept memberships'
export const needsNamespace = true

const JOINS = 10_000
const FLAPPING = 2000
const ROUNDS = 9

const ip = (...lines) => execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` })
const COMMANDS = {
  lost: ['link delete flap0'],
  renewed: ['link add flap0 type veth peer name flap0x', 'link set flap0x up', 'link set flap0 up'],
}

const channelsOn = (name, count) =>
  Array.from({ length: count }, (_, i) => ({ group: `239.255.${i >> 8}.${i & 255}`, interface: name }))

const now = () => Number(process.hrtime.bigint())

const joining = (keep) => async () => {
  const receiver = await openReceiver({ port: 0, address: '0.0.0.0', keep })
  const start = now()
  await receiver.joinAll(channelsOn('lo', JOINS))
  const took = now() - start
  await receiver.close()
  return took / 1e6
}

/** Resolves once every channel was told as `type`. */
function told(receiver, type) {
  let left = FLAPPING
  return new Promise((resolve) => {
    const note = (event) => {
      if (event.type !== type || --left > 0) return
      receiver.off('channel-change', note)
      resolve()
    }
    receiver.on('channel-change', note)
  })
}

/** Removes the interface and makes it again: what `measure` gives for each of the two, added by `add`. */
async function flap(measure, add) {
  const receiver = await openReceiver({ channels: channelsOn('flap0', FLAPPING) })
  // A watch alone does not keep the process alive.
  receiver.receive().catch(() => {})
  const results = []
  for (const type of ['lost', 'renewed']) results.push(await measure(COMMANDS[type], told(receiver, type)))
  await receiver.close()
  return add(...results)
}

/** Milliseconds until all is told, without those of the commands. */
async function time(commands, all) {
  ip(...commands)
  const start = now()
  await all
  return (now() - start) / 1e6
}

/** In rounds of their own. The commands are another process's, started before, since a fork would stop the event loop. */
async function longestTick(commands, all) {
  const shell = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] })
  await once(shell, 'spawn')
  const exited = once(shell, 'exit')
  const watch = watchTicks()
  shell.stdin.end(`${commands.join('\n')}\n`)
  await all
  watch.stop()
  await exited
  return watch.longest() / 1e6
}

export async function* rows() {
  ip('link set lo up')
  ip(...COMMANDS.renewed)
  const rejoin = compile('rejoin')
  const joins = await takeTurns({ kept: joining(true), 'not kept': joining(false) }, ROUNDS)
  yield {
    label: `${JOINS} joins of a receiver that keeps them`,
    ours: joins.kept,
    unit: 'ms',
    floor: { name: 'keep: false', value: joins['not kept'] },
    goal: atMost(1.1),
  }
  const flaps = await takeTurns(
    {
      C: async () => (await rejoin('flap0', FLAPPING)) / 1e6,
      ours: () => flap(time, (gone, back) => gone + back),
      tick: () => flap(longestTick, Math.max),
    },
    ROUNDS,
  )
  const label = `an interface with ${FLAPPING} channels deleted and made again`
  yield { label, ours: flaps.ours, unit: 'ms', floor: { name: 'C leaves and joins', value: flaps.C }, goal: atMost(3) }
  yield { label: `${label}: longest tick`, ours: flaps.tick, unit: 'ms', goal: below(5) }
}
