// The catalogue of broken and healthy networks: a part of it in the suite, the whole by `npm run doctor:catalogue`.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { runCli, sockctl, startProgram } from '../support/cli.ts'
import type { Line } from '../support/doctor.ts'
import { brokenFrames } from '../support/doctor-catalogue/broken-frames.ts'
import { brokenHosts } from '../support/doctor-catalogue/broken-hosts.ts'
import { brokenLinks } from '../support/doctor-catalogue/broken-links.ts'
import { brokenPrograms } from '../support/doctor-catalogue/broken-programs.ts'
import { brokenSenders } from '../support/doctor-catalogue/broken-senders.ts'
import { healthyNetworks } from '../support/doctor-catalogue/healthy.ts'
import { openLab } from '../support/doctor-catalogue/lab.ts'
import type { BrokenNetwork } from '../support/doctor-catalogue/network.ts'
import { tableOf } from '../support/doctor-catalogue/table.ts'
import { describeOnHosts } from '../support/hosts.ts'

const WHOLE = process.env.DOCTOR_CATALOGUE === 'whole'
const ONLY = process.env.DOCTOR_CATALOGUE_ONLY?.split(',')
/** The part that runs in the suite: one of each kind, in less than a minute. */
const PART = [
  'rp-filter-other-route',
  'comes-in-elsewhere',
  'own-address',
  'udp-checksum',
  'first-fragments',
  'joined-elsewhere',
  'no-loopback',
  'switch-forgot',
  'queries-dropped',
  'program-receives',
  'noise',
  'aggregates',
]
const broken = [...brokenHosts, ...brokenSenders, ...brokenFrames, ...brokenPrograms, ...brokenLinks]
const chosen = <N extends { name: string }>(networks: readonly N[]): N[] =>
  networks.filter(({ name }) => (ONLY !== undefined ? ONLY.includes(name) : WHOLE || PART.includes(name)))

const kernelHasVlans =
  spawnSync('sh', ['-c', 'ip link add link lo name vlan-probe type vlan id 5 && ip link delete vlan-probe']).status ===
  0

async function diagnose(ask: string) {
  const { status, stderr, objects } = await runCli(['doctor', '--json', ...ask.split(' ')])
  const lines = objects<Line>()
  return { status, stderr, lines, verdict: lines.at(-1) ?? {} }
}

describeOnHosts('the doctor and its catalogue', (hosts) => {
  const opened = { lab: undefined as ReturnType<typeof openLab> | undefined }
  const lab = () => {
    opened.lab ??= openLab(hosts())
    return opened.lab
  }
  afterEach(() => opened.lab?.takeDown())

  /** A PATH on which `sockctl` is the one that was built. */
  const path = () => {
    const folder = mkdtempSync(join(tmpdir(), 'sockctl-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const command = join(folder, 'sockctl')
    writeFileSync(command, `#!/bin/sh\nexec ${sockctl().join(' ')} "$@"\n`)
    chmodSync(command, 0o755)
    return `${folder}:${process.env.PATH}`
  }

  /** Pastes a command line into a shell. What goes on until it is told to end, such as `receive`, goes on. */
  const paste = async (line: string): Promise<void> => {
    // With exec the shell is the program that the test ends.
    const words = line.startsWith('sockctl ') ? `exec ${line}` : line
    const running = startProgram(['sh', '-c', words], { env: { PATH: path() } })
    if (/^sockctl receive /.test(line)) await running.line(/./)
    else if (!/^sockctl /.test(line)) expect((await running.ended).status, line).toBe(0)
  }

  const mends = async ({ ask, fix, beforeFix }: BrokenNetwork, pasted: string): Promise<void> => {
    expect(pasted).toMatch(fix ?? /^$/)
    await beforeFix?.(lab())
    if (/type vlan/.test(pasted) && !kernelHasVlans) return
    await paste(pasted)
    // A line of a receiver is the stream.
    if (/^sockctl receive /.test(pasted)) return
    const again = ask.replace(/ --wait \S+/, '')
    // A querier brings the stream back once the hosts have answered. A doctor who only looks does not bring it back himself.
    const looks = /querier/.test(pasted) ? 12 : 0
    for (let left = looks; left > 0; left--) if ((await diagnose(`${again} --passive --wait 1s`)).status === 0) return
    const { status, verdict } = await diagnose(again)
    expect({ status, flows: verdict.flows }, `after ${pasted}: ${verdict.verdict}`).toEqual({ status: 0, flows: true })
  }

  describe.each(chosen(broken))('$name', (network) => {
    it(network.story, { timeout: 60_000 }, async () => {
      await network.setUp(lab())
      const { status, stderr, lines, verdict } = await diagnose(network.ask)
      expect(stderr).toBe('')
      const { cause, certainty, flows } = verdict
      expect({ cause, certainty, flows, status }, lines.map((line) => JSON.stringify(line)).join('\n')).toEqual({
        cause: network.check,
        certainty: network.certainty,
        flows: network.flows ?? false,
        status: network.flows ? 0 : 1,
      })
      expect(verdict.verdict).toMatch(network.says)
      if (network.fix === undefined) expect(verdict.fix).toBeUndefined()
      else await mends(network, verdict.fix ?? '')
    })
  })

  describe.each(chosen(healthyNetworks))('$name', ({ story, ask, says, setUp }) => {
    it(story, { timeout: 60_000 }, async () => {
      await setUp(lab())
      const { status, stderr, lines, verdict } = await diagnose(ask)
      expect(stderr).toBe('')
      const failed = lines.filter(({ status: found }) => found === 'fail')
      expect({ status, failed, flows: verdict.flows }, verdict.verdict).toEqual({ status: 0, failed: [], flows: true })
      expect(verdict.verdict).toMatch(says ?? /arrives[;,]/)
    })
  })

  const page = fileURLToPath(new URL('../../docs/doctor.md', import.meta.url))
  it('is in the table of docs/doctor.md as it is here', () => {
    const text = readFileSync(page, 'utf8')
    const table = tableOf(broken, healthyNetworks)
    if (WHOLE)
      writeFileSync(
        page,
        text.replace(/<!-- catalogue -->.*<!-- \/catalogue -->/s, () => table),
      )
    else expect(text, 'npm run doctor:catalogue writes the table').toContain(table)
  })
})
