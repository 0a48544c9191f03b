// `sockctl sntp`: listens to time servers that send unasked, or asks one for the time.

import type { Command } from 'commander'
import { listenNtp, NTP_PORT, queryNtp } from '../../../services/sntp.ts'
import { printChannelChange } from '../../shell/channel-changes.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { takesInterface } from '../../shell/interface-option.ts'
import { mustHaveCome } from '../../shell/nothing-came.ts'
import { count, duration, group, port, repeatable } from '../../shell/parsers.ts'
import { reportNotices } from '../../shell/report-notices.ts'
import { type Run, runs } from '../../shell/run.ts'
import { createNtpReport, lineOf, objectOf } from './report.ts'

interface SntpOptions {
  query?: string
  timeout?: number
  interface?: string | number
  port: number
  group?: string[]
  count?: number
  duration?: number
}

export function sntpCommand(command: Command): void {
  takesInterface(command, 'listen on this interface; default: on every interface that is up and takes multicast')
  command
    .option('--query <server>', 'instead of listening, ask this server once')
    .option('--timeout <time>', 'with --query: how long to wait for the answer (default: 5s)', duration)
    .option('--port <number>', 'another port', port, NTP_PORT)
    .option('--group <group>', 'another group instead of 224.0.1.1 and ff0x::101; may be repeated', repeatable(group))
    .option('--count <packets>', 'end after this many', count)
    .option('-d, --duration <time>', 'end after this long: 500ms, 5s, 2m', duration)
  command.addHelpText('after', NOTES)
  examples(command, 'sudo sockctl sntp', 'sockctl sntp --query pool.ntp.org --json')
  runs<[], SntpOptions>(command, 'an object a packet, and one at the end', (run, _, options) =>
    options.query === undefined ? listen(run, options) : ask(run, options.query, options),
  )
}

const NOTES = `
An offset says how far the server's clock is ahead of this host's; that of a broadcast is too low by the packet's time of
travel. Packets to this host and to broadcast addresses are heard too; those to this host go to one program alone: to one
that has the port at the very address, else to the one that began last. A time daemon that shares the port at every
address does not hear them meanwhile.
What is not to be trusted is told, and is no part of OFFSET, LEAST and MOST; with --query another answer is waited for.
Never sets the clock. Exit status 1 if nothing was heard, or no answer is to be trusted. Listening on port 123 needs
CAP_NET_BIND_SERVICE, and a port that no time daemon has for itself.`

async function listen({ out, stop }: Run, options: SntpOptions): Promise<void> {
  if (options.timeout !== undefined) throw new UsageError('--timeout is for --query; --duration ends listening')
  const listener = await listenNtp({
    port: options.port,
    ...(options.group !== undefined && { groups: options.group }),
    ...(options.interface !== undefined && { interfaces: [options.interface] }),
    onChange: (event) => printChannelChange(event, options.port, out),
    signal: stop,
  })
  const interfaces = [...new Set(listener.memberships.map((held) => held.interface.name))]
  if (out.json) out.object({ event: 'listening', interfaces, port: options.port })
  else out.line(`listening on ${interfaces.join(', ')}`)
  let heard = 0
  await reportNotices(out, listener, createNtpReport(out), options, ({ type }) => {
    if (type === 'time') heard++
    return true
  })
  mustHaveCome(heard, 'no server was heard')
}

async function ask({ out, stop }: Run, server: string, options: SntpOptions): Promise<void> {
  const answer = await queryNtp(server, {
    port: options.port,
    signal: stop,
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    onUntrusted: (answer) => {
      if (out.json) out.object({ event: 'untrusted', ...objectOf(answer) })
      else out.line(lineOf(answer))
    },
  }).catch((error) => {
    if (!stop.aborted) throw error
  })
  if (answer === undefined) return mustHaveCome(0, 'stopped before an answer came')
  if (answer.problems.length > 0) throw new Failure(`the answer is not to be trusted: ${answer.problems.join('; ')}`)
  if (out.json) out.object({ event: 'answer', ...objectOf(answer) })
  else out.line(lineOf(answer))
}
