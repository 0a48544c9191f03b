// `sockctl options diff`: the options in which two sockets differ, of any processes.

import type { Command } from 'commander'
import { control, descriptorOfProcess, SocketOptionError } from '../../../index.ts'
import { SO_TYPE } from '../../../options/index.ts'
import { Failure, UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { quoted } from '../../shell/printable.ts'
import { runs } from '../../shell/run.ts'
import type { Column } from '../../shell/table.ts'
import { valueText } from './value.ts'

interface SocketOfProcess {
  readonly pid: number
  readonly fd: number
}

/** A value that one of the sockets has not is undefined. */
interface Difference {
  readonly name: string
  readonly one: unknown
  readonly other: unknown
}

/** Counters and times, which differ between any two moments. */
const MOVING = new Set(['SO_MEMINFO', 'SO_COOKIE', 'SO_INCOMING_CPU', 'SO_INCOMING_NAPI_ID', 'TCP_INFO', 'SO_RXQ_OVFL'])

function parseSocket(text: string): SocketOfProcess {
  const [, pid, fd] = /^(\d{1,10}):(\d{1,10})$/.exec(text) ?? []
  if (pid === undefined || fd === undefined)
    throw new UsageError(
      `${quoted(text)} is no socket of a process: PID:FD is needed, as ls -l /proc/PID/fd lists them`,
    )
  return { pid: Number(pid), fd: Number(fd) }
}

async function optionsOf({ pid, fd }: SocketOfProcess): Promise<Record<string, unknown>> {
  await using descriptor = descriptorOfProcess(pid, fd)
  try {
    // A snapshot passes over what the kernel refuses.
    control(descriptor.fd).getSync(SO_TYPE)
    return (await control(descriptor.fd).snapshot()) as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof SocketOptionError) || error.code !== 'ENOTSOCK') throw error
    throw new Failure(`${pid}:${fd} is no socket: ls -l /proc/${pid}/fd lists the process's sockets`)
  }
}

const textOf = (value: unknown): string => (value === undefined ? '-' : valueText(value))

const columns: Column<Difference>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'FIRST', cell: ({ one }) => textOf(one) },
  { head: 'SECOND', cell: ({ other }) => textOf(other) },
]

export function diffCommand(command: Command): void {
  command
    .description('say which options differ between two sockets')
    .argument('<first>', 'PID:FD: a socket of a process, as ls -l /proc/PID/fd lists them')
    .argument('<second>', 'PID:FD')
    .option('--all', 'counters and cookies too, which differ between any two sockets')
  command.addHelpText(
    'after',
    '\nThe sockets are only read. Needs the rights to trace both processes: the same user, or CAP_SYS_PTRACE. Linux 5.6.',
  )
  examples(command, 'sudo sockctl options diff 812:18 977:11')
  runs<[first: string, second: string], { all?: true }>(
    command,
    'one object an option',
    async ({ out }, words, { all }) => {
      const [one, other] = await Promise.all(words.map(parseSocket).map(optionsOf))
      const names = [...new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])].toSorted()
      const differences = names
        .map((name) => ({ name, one: one?.[name], other: other?.[name] }))
        .filter((row) => (all || !MOVING.has(row.name)) && textOf(row.one) !== textOf(row.other))
      out.list(differences, columns)
      if (differences.length === 0 && !out.json) out.line('no option differs')
    },
  )
}
