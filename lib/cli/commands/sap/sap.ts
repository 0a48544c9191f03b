// `sockctl sap`: listens to session announcements; `sap announce` announces a session.

import type { Command } from 'commander'
import { hostPort } from '../../../net/address.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { parseSdp } from '../../../protocols/sdp.ts'
import { wrongStart } from '../../../protocols/sdp-lines.ts'
import { type DecodedSdp, decodeSdp } from '../../../protocols/sdp-text.ts'
import { announceSap, listenSap, SAP_PORT } from '../../../services/sap.ts'
import { readAtMost } from '../../shell/bounded-input.ts'
import { printChannelChange } from '../../shell/channel-changes.ts'
import { printWarning } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { mustHaveCome } from '../../shell/nothing-came.ts'
import { address, count, duration, group, hops, period, port, repeatable } from '../../shell/parsers.ts'
import { printable } from '../../shell/printable.ts'
import { reportNotices } from '../../shell/report-notices.ts'
import { type Run, runs } from '../../shell/run.ts'
import { createSapReport } from './report.ts'

interface SapChoices {
  interface?: string | number
  port: number
  group?: string[]
}

interface SapListenChoices extends SapChoices {
  duration?: number
  count?: number
}

export function sapCommand(command: Command): void {
  takesSapOptions(command, 'listen on this interface; default: on every interface that is up and takes multicast')
  command
    .option('--count <sessions>', 'end after this many new sessions', count)
    .option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
  command.addHelpText('after', LISTEN_NOTES)
  examples(command, 'sockctl sap', 'sockctl sap --json -i eth0 | jq -r .receive[]?')
  runs<[], SapListenChoices>(command, 'an object a session heard, changed, deleted or expired', listen)
  announceCommand(command.command('announce'))
}

const LISTEN_NOTES = `
Prints each announced session (RFC 2974), and for each of its streams the command that receives the stream. A session is
announced every five minutes, or less often. Exit status 1 if none was heard.`

const takesSapOptions = (command: Command, what: string): Command =>
  takesInterface(command, what)
    .option('--port <number>', 'another port', port, SAP_PORT)
    .option('--group <group>', 'another group instead of the well-known ones; may be repeated', repeatable(group))

async function listen({ out, stop }: Run, _: [], options: SapListenChoices): Promise<void> {
  const listener = await listenSap({
    port: options.port,
    ...(options.group !== undefined && { groups: options.group }),
    ...(options.interface !== undefined && { interfaces: [options.interface] }),
    onChange: (event) => printChannelChange(event, options.port, out),
    signal: stop,
  })
  const report = createSapReport(out, listener)
  const heard = await reportNotices(out, listener, report, options, ({ type }) => type === 'new')
  mustHaveCome(heard, 'no session was announced')
}

interface SapAnnounceChoices extends SapChoices {
  count?: number
  interval?: number
  source?: string
  hops?: number
  compress?: boolean
  withdraw: boolean
}

function announceCommand(command: Command): void {
  command.description('announce a session until Ctrl-C, and then that it is over')
  command.argument('<file>', 'the description of the session, SDP; - for standard input')
  takesSapOptions(command, 'announce through this interface; default: by route')
  command
    .option('--count <number>', 'end after this many announcements', count)
    .option(
      '--interval <time>',
      'from one announcement to the next, give or take a third; default: as RFC 2974 says, 5m or more',
      period,
    )
    .option('--source <address>', 'the originating source to name in the announcement', address)
    .option('--hops <number>', 'the hop limit (TTL), 0 to 255 (default: 255)', hops)
    .option('--compress', 'compress the description by zlib')
    .option('--no-withdraw', 'at the end, leave the session to expire')
  examples(command, 'sockctl sap announce session.sdp -i eth0')
  runs<[string], SapAnnounceChoices>(command, 'an object a round of announcements', announce)
}

async function announce({ out, stop }: Run, [file]: [string], options: SapAnnounceChoices): Promise<void> {
  const { text: sdp, problem: unread } = await readSdp(file)
  const session = wrongStart(sdp) ?? parseSdp(sdp)
  if (!isMalformed(session))
    for (const problem of [unread ?? [], session.problems ?? []].flat())
      printWarning(`not understood: ${printable(problem)}`)
  const announcements = announceSap({
    sdp,
    port: options.port,
    compressed: options.compress === true,
    withdraw: options.withdraw,
    signal: stop,
    ...(options.interface !== undefined && { interface: options.interface }),
    ...(options.group !== undefined && { groups: options.group }),
    ...(options.interval !== undefined && { interval: options.interval }),
    ...(options.source !== undefined && { source: options.source }),
    ...(options.hops !== undefined && { hops: options.hops }),
  })
  let sent = 0
  for await (const { number, groups, size } of announcements) {
    sent = number
    if (out.json) out.object({ event: 'announced', number, groups, port: options.port, size })
    else out.line(`announced to ${groups.map((to) => hostPort(to, options.port)).join(' and ')}: ${size} bytes`)
    if (number === options.count) break
  }
  const over = options.withdraw ? 'and the session was withdrawn' : 'and the session was left to expire'
  if (out.json) out.object({ event: 'summary', announcements: sent, withdrawn: options.withdraw })
  else out.line(`${sent} announcements, ${over}`)
}

/** In bytes: more than any description that can be announced. */
const LONGEST_SDP = 2 ** 20

const readSdp = async (file: string): Promise<DecodedSdp> => decodeSdp(await readAtMost(file, LONGEST_SDP))
