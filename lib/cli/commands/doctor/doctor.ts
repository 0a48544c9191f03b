// `sockctl doctor`: joins a channel, runs every check, and says why the channel does not arrive.

import type { Command } from 'commander'
import { canonical, familyOf, isMulticast, parseAddress } from '../../../net/address.ts'
import type { ChannelText } from '../../../protocols/channel.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import type { Paint } from '../../shell/paint.ts'
import { channel, duration, port, repeatable } from '../../shell/parsers.ts'
import { quoted } from '../../shell/printable.ts'
import { type Run, runs } from '../../shell/run.ts'
import { bridgeChecks } from './bridge-checks.ts'
import { chooseInterface } from './choose-interface.ts'
import type { Finding, Status } from './finding.ts'
import { groupChecks } from './group-checks.ts'
import { hostChecks } from './host-checks.ts'
import { interfaceChecks } from './interface-checks.ts'
import { membershipChecks } from './membership-checks.ts'
import { observe } from './observe.ts'
import { reversePathChecks } from './reverse-path-checks.ts'
import { settingsChecks } from './settings-checks.ts'
import { deliveredOf, trafficChecks } from './traffic-checks.ts'
import { verdictOf } from './verdict.ts'
import { channelText, type WantedChannel } from './wanted-channel.ts'

/** In milliseconds: how long to look at most. */
const DEFAULT_WAIT = 5000
/** In milliseconds: by then the host has sent its first reports. */
const FIRST_REPORTS = 500

interface DoctorOptions {
  source?: string[]
  port?: number
  interface?: string | number
  wait?: number
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
  command.option('--port <number>', 'the port, if the channel names none', port)
  command.option('--wait <time>', 'how long to look; default: until datagrams arrive, at most 5 s', duration)
  command.addHelpText(
    'after',
    `
Each line is a check that passes, warns or fails, with what to do; the last sentence is the most likely cause.
The group is joined meanwhile. Exit status 0 if datagrams arrive. As root (CAP_NET_RAW), doctor sees the wire too.`,
  )
  examples(command, 'sudo sockctl doctor 239.1.1.1:5000 -i eth0', 'sudo sockctl doctor 192.0.2.1@232.1.1.1:5000')
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

async function diagnose({ out, stop }: Run, [given]: [ChannelText], options: DoctorOptions): Promise<boolean> {
  const findings: Finding[] = []
  const tell = (found: readonly Finding[]): void => {
    for (const finding of found) {
      findings.push(finding)
      print(out, finding)
    }
  }
  const sources = sourcesOf(given, options)
  const channelPort = given.port ?? options.port
  const choice = await chooseInterface(given.group, sources, given.interface ?? options.interface)
  tell(choice.findings)
  let delivered = 0
  let text = given.group
  if (choice.on !== undefined) {
    const wanted: WantedChannel = {
      group: given.group,
      family: familyOf(given.group),
      port: channelPort,
      sources,
      on: choice.on,
    }
    text = channelText(wanted)
    tell([...interfaceChecks(wanted), ...groupChecks(wanted), ...settingsChecks(wanted)])
    if (choice.on.flags.up) {
      const atMost = options.wait ?? DEFAULT_WAIT
      out.hint(`Joining ${text} and looking for up to ${atMost / 1000} s ...`)
      const seen = await observe(wanted, { atMost, atLeast: options.wait ?? FIRST_REPORTS }, stop)
      delivered = deliveredOf(seen)
      tell([
        ...bridgeChecks(wanted, seen),
        ...membershipChecks(wanted, seen),
        ...reversePathChecks(wanted, seen),
        ...trafficChecks(wanted, seen),
        ...hostChecks(wanted, seen),
      ])
    }
  }
  const { cause, sentence } = verdictOf(findings, text, delivered)
  if (out.json) out.object({ verdict: sentence, ...(cause !== undefined && { cause }), delivered })
  else out.line(`\n${out.paint.strong(sentence)}`)
  return delivered > 0
}

const BRUSHES: Record<Status, keyof Paint> = { pass: 'good', warn: 'warn', fail: 'bad', skip: 'dim' }

function print(out: Output, { check, status, says, fix }: Finding): void {
  if (out.json) {
    out.object({ check, status, says, ...(fix !== undefined && { fix }) })
    return
  }
  out.line(`${out.paint[BRUSHES[status]](status)}  ${check.padEnd(13)} ${says}`)
  if (fix !== undefined) out.line(`${' '.repeat(20)}${out.paint.dim('fix:')} ${fix}`)
}
