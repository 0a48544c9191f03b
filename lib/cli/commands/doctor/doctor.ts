// `sockctl doctor`: joins a channel, runs every check, and says why the channel does not arrive.

import type { Command } from 'commander'
import { canonical, familyOf, isMulticast, parseAddress, withoutZone } from '../../../net/address.ts'
import type { ChannelText } from '../../../protocols/channel.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import type { Paint } from '../../shell/paint.ts'
import { address, channel, duration, port, repeatable } from '../../shell/parsers.ts'
import { quoted } from '../../shell/printable.ts'
import { type Run, runs } from '../../shell/run.ts'
import { chooseInterface } from './choose-interface.ts'
import { examine } from './examine.ts'
import type { Finding, Status } from './finding.ts'
import type { DoctorVerdict } from './verdict.ts'
import { verdictOf } from './verdict.ts'
import { channelText, type WantedChannel } from './wanted-channel.ts'

/** In milliseconds: with the checks before and after, a verdict comes within 5 s. */
const DEFAULT_WAIT = 3500
/** In milliseconds: by then the host has sent its first reports. */
const FIRST_REPORTS = 500

interface DoctorOptions {
  source?: string[]
  block?: string[]
  port?: number
  interface?: string | number
  wait?: number
  passive?: boolean
  trace?: boolean
}

export function doctorCommand(command: Command): void {
  takesInterface(
    command.argument('<channel>', 'GROUP[:PORT], SOURCE@GROUP:PORT, or a udp:// or rtp:// URL', channel),
    'the interface to join on; default: the one the kernel would choose',
  )
  command.option(
    '--source <address>',
    'a source that should arrive; may be repeated',
    repeatable((text) => text),
  )
  command.option('--block <address>', 'a source that is not wanted; may be repeated', repeatable(address))
  command.option('--port <number>', 'the port, if the channel names none', port)
  command.option('--wait <time>', 'how long to look; default: until datagrams arrive, at most 3.5 s', duration)
  command.option('--passive', 'look only, and join nothing')
  command.option('--trace', 'prove the rule of nf_tables that drops: the kernel traces some of the datagrams')
  command.addHelpText(
    'after',
    `
Each line is a check that passes, warns or fails, with what to do. The last sentence is the cause: proven if an
experiment showed it, likely if a counter or a setting fits, else possible. The group is joined meanwhile.
Exit status 0 if the stream flows to the socket that was asked about: that of the program that has the port, else the
doctor's own. As root (CAP_NET_RAW), doctor sees the wire too.`,
  )
  examples(
    command,
    'sudo sockctl doctor 239.1.1.1:5000 -i eth0',
    'sudo sockctl doctor 192.0.2.1@232.1.1.1:5000',
    'sudo sockctl doctor 239.1.1.1:5000 -i eth0 --passive',
  )
  runs<[ChannelText], DoctorOptions>(command, 'an object a check, and one with the verdict', diagnose)
}

function sourcesOf(given: ChannelText, options: DoctorOptions): string[] {
  const sources = (options.source ?? []).map((source) => {
    const parsed = parseAddress(source)
    if (parsed === undefined || isMulticast(source))
      throw new UsageError(`the source ${quoted(source)} is not the address of a host`)
    if (parsed.family !== parseAddress(given.group)?.family)
      throw new UsageError(`source ${source} and group ${given.group} are not of one family`)
    return canonical(source) ?? source
  })
  return [...new Set([...given.sources, ...sources])]
}

const withoutZones = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.map((one) => withoutZone(canonical(one) ?? one))),
]

async function diagnose({ out, stop }: Run, [given]: [ChannelText], options: DoctorOptions): Promise<boolean> {
  const findings: Finding[] = []
  const tell = (found: readonly Finding[]): void => {
    for (const finding of found) {
      findings.push(finding)
      print(out, finding)
    }
  }
  const sources = sourcesOf(given, options)
  const blocked = [...given.blocked, ...(options.block ?? [])]
  if (sources.length > 0 && blocked.length > 0)
    throw new UsageError('--block is for any-source joins: leave out --block, or the sources')
  const { group } = given
  const port = given.port ?? options.port
  const choice = await chooseInterface({ group, port, sources }, given.interface ?? options.interface, stop)
  tell(choice.findings)
  const wanted: WantedChannel = {
    group,
    family: familyOf(group),
    port,
    sources: withoutZones(sources),
    blocked: withoutZones(blocked),
    on: choice.on,
  }
  const atMost = options.wait ?? DEFAULT_WAIT
  const verb = options.passive === true ? 'Looking for' : 'Joining'
  out.hint(`${verb} ${channelText(wanted)} for up to ${atMost / 1000} s ...`)
  const wait = { atMost, atLeast: options.wait ?? FIRST_REPORTS }
  const outcome = await examine(wanted, {
    wait,
    passive: options.passive === true,
    traces: options.trace === true,
    stop,
    tell,
  })
  if (stop.aborted) throw new Failure('stopped by a signal before there was a verdict; nothing is left behind')
  // A join that the kernel refuses to a program gets nothing, although the doctor's own, which names an interface, may.
  const ofAsked = choice.isRefused ? { ...outcome, flows: false } : outcome
  conclude(out, verdictOf(findings, ofAsked), ofAsked)
  return ofAsked.flows
}

function conclude(
  out: Output,
  verdict: DoctorVerdict,
  { flows, delivered }: { flows: boolean; delivered: number },
): void {
  const { sentence, cause, certainty, fix, advice, ruledOut } = verdict
  if (!out.json) {
    out.line(`\n${out.paint.strong(sentence)}`)
    return
  }
  out.object({
    verdict: sentence,
    ...(certainty !== undefined && { certainty }),
    ...(cause !== undefined && { cause }),
    ...(fix !== undefined && { fix }),
    ...(advice !== undefined && { advice }),
    ...(ruledOut.length > 0 && { ruledOut }),
    flows,
    delivered,
  })
}

const BRUSHES: Record<Status, keyof Paint> = { pass: 'good', warn: 'warn', fail: 'bad', skip: 'dim' }

function print(out: Output, { check, status, says, fix, advice, cause }: Finding): void {
  if (out.json) {
    out.object({
      check,
      status,
      says,
      ...(cause !== undefined && { certainty: cause.certainty, explains: cause.text }),
      ...(fix !== undefined && { fix }),
      ...(advice !== undefined && { advice }),
    })
    return
  }
  out.line(`${out.paint[BRUSHES[status]](status)}  ${check.padEnd(13)} ${says}`)
  if (fix !== undefined) out.line(`${' '.repeat(20)}${out.paint.dim('fix:')} ${fix}`)
  else if (advice !== undefined) out.line(`${' '.repeat(20)}${out.paint.dim('what to do:')} ${advice}`)
}
