// Writes docs/reliability.md from the results of the long runs in docs/reliability/*.json: node scripts/reliability.mjs
// [--check]. --check fails if the page does not match the files.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const folder = new URL('../docs/reliability/', import.meta.url)
const page = new URL('../docs/reliability.md', import.meta.url)

function results(name) {
  const file = new URL(`${name}.json`, folder)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
const number = (value) => value.toLocaleString('en-US')

function faults() {
  const found = results('faults')
  if (found === undefined) return 'Not run yet.'
  const byCycle = groupBy(found.sweeps, ({ cycle }) => cycle)
  const rows = [...byCycle].map(([cycle, sweeps]) => [
    `\`${cycle}\``,
    number(sweeps.reduce((sum, { reached }) => sum + reached, 0)),
    [...new Set(sweeps.map(({ call }) => `\`${call}\``))].join(', '),
    [...new Set(sweeps.map(({ error }) => error))].join(', '),
    sweeps.filter(({ problems }) => problems.length > 0).length,
  ])
  return `${number(found.faults)} faults in ${number(found.sweeps.length)} sweeps, ${number(found.seconds)} s; ${found.wrong} sweeps met a problem.

${table(['Life cycle or subcommand', 'Faults', 'Functions reached', 'Errors', 'Problems'], rows)}`
}

function groupBy(items, keyOf) {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

function fuzz() {
  const found = results('fuzz')
  if (found === undefined) return 'Not run yet.'
  const rows = found.map(({ target, executions, found: crash }) => [
    `\`${target}\``,
    number(executions),
    crash ? 'a fault' : 'nothing',
  ])
  return table(['Target', 'Executions', 'Found'], rows)
}

function soak() {
  const found = results('soak')
  if (found === undefined) return 'Not run yet.'
  const { seed, seconds, steps, datagrams, changes, flaps, workers, forgotten, slow } = found
  return `${number(seconds)} s with seed ${seed}: ${number(steps)} steps, ${number(datagrams)} datagrams, ${number(changes)} joins, leaves, blocks and unblocks, ${number(flaps)} flaps, ${number(slow)} readers that came too late, ${number(workers)} workers ended, ${number(forgotten)} objects forgotten. The heap grew by ${number(found.heapGrownKiB)} KiB in the second half, descriptors not at all.`
}

function mutants() {
  const found = results('mutants')
  if (found === undefined) return 'Not run yet.'
  const rows = found.rooms.map(({ room, mutants, killed, timeouts, survived, equivalent, score }) => [
    `\`${room}\``,
    mutants,
    killed,
    timeouts,
    survived,
    equivalent,
    `${score} %`,
  ])
  return `A sample of 20 a room by seed ${found.seed}, of the sources of commit ${found.commit}. Tests were written for those that survived at
first, and the same mutants were tried again: another seed would find more. A room that is not listed was not tried yet.

${table(['Room', 'Mutants', 'Killed', 'of these by time-out alone', 'Survived', 'Equivalent', 'Score'], rows)}`
}

function sanitizers() {
  const found = results('sanitizers')
  if (found === undefined) return 'Not run yet.'
  return `${number(found.passed)} tests in ${found.files} of the ${found.listed} files that reach native code, against an addon built with AddressSanitizer, LeakSanitizer and UBSan: ${found.failed} failed, ${found.skipped} were skipped, ${reportsOf(found)} of the addon.`
}

const reportsOf = ({ reports }) => (reports === 0 ? 'no report' : `${reports} reports`)

function lies() {
  const found = results('lies')
  if (found === undefined) return 'Not run yet.'
  return `${number(found.calls)} calls in ${found.seeds} processes, each with a seed of its own: ${number(found.refused)} were refused; ${number(found.datagrams)} datagrams and ${number(found.queued)} entries of error queues were read. ${found.problems} calls threw another error or never settled; ${reportsOf(found)} of the addon.`
}

const text = `# Reliability: what was tried, how often, and what was found

This page is written by \`node scripts/reliability.mjs\` from the files in docs/reliability, which the commands below leave
there. Each command has a short form that runs in CI.

## Injected faults

A preloaded library makes the nth call that the addon makes of a function of the C library fail, n from 1 until no call is
left, with EINTR, ENOMEM, ENOBUFS, EAGAIN, EPERM, EMFILE and ENOSPC. Each promise must settle, no descriptor may be left
open, nothing may half-happen, and the error must name the call. \`npm run test:faults\`

${faults()}

## Fuzzing

libFuzzer with AddressSanitizer and UBSan on what is native and works without Node. \`npm run fuzz\`

${fuzz()}

fast-check does the same to what is TypeScript, in each run of the suite: changed bytes and texts for every decoder, which
must refuse them or give values in their ranges (test/protocols, test/kernel), and arguments that turn hostile in one place
for every call of the public face (test/hostile-values.test.ts).

## Interfaces that come and go

Every event of an interface with every kind of channel, beside dgram and smcroute: [memberships that stay alive](keeping.md#beside-others).
\`npm run keep:matrix\`, \`npm run keep:soak\`

## Soak

Receivers, senders, joins, leaves, blocks, flaps, slow readers, workers that end and objects that nobody closes, at random
by a seed, held against a model of what must arrive. \`npm run soak\`

${soak()}

Found by the soak: Linux 6.18 forgets the sources of IPv6 source-specific memberships on an interface that goes down and up
again. The kernel still lists the group and the socket's filter; nothing arrives until the group is left and joined again.

## Sanitizers

\`npm run test:asan\`

${sanitizers()}

A second preloaded library answers half of the addon's calls with well-formed nonsense: control messages, socket names,
option values, interface names, messages of netlink. A call may work or be refused. \`npm run test:lies\`

${lies()}

## Mutants

Single small changes of the code, each run against the tests that cover it. \`npm run test:mutants\`

${mutants()}
`

if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error(
      'docs/reliability.md is not what docs/reliability/*.json say; write it with: node scripts/reliability.mjs',
    )
    process.exit(1)
  }
} else writeFileSync(page, text)
