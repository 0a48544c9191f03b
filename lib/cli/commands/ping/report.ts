// How `sockctl ping` shows answers to ICMP echoes, and what it adds up of each host.

import type { Output } from '../../shell/output.ts'
import type { Column } from '../../shell/table.ts'
import { plural } from '../../shell/units.ts'

export interface EchoAnswer {
  host: string
  on: string
  sequence: number
  milliseconds: number
  hopLimit: number | undefined
  bytes: number
}

interface Host {
  host: string
  on: string
  answers: number
  duplicates: number
  least: number
  most: number
  sum: number
  seen: Set<number>
}

export interface PingReport {
  asked(): void
  add(answer: EchoAnswer): void
  /** Prints a summary, and gives the number of hosts that answered. */
  end(): number
}

/** How many hosts are remembered: anybody can answer from many addresses. */
const MAX_HOSTS = 4096

const ms = (milliseconds: number): string => `${milliseconds.toFixed(3)} ms`

/** Prints answers as they arrive, and adds them up by host. */
export function createPingReport(out: Output): PingReport {
  const hosts = new Map<string, Host>()
  let asked = 0

  const count = ({ host, on, sequence, milliseconds }: EchoAnswer): boolean => {
    const key = `${host} ${on}`
    const known = hosts.get(key) ?? {
      host,
      on,
      answers: 0,
      duplicates: 0,
      least: Infinity,
      most: 0,
      sum: 0,
      seen: new Set(),
    }
    if (hosts.size < MAX_HOSTS) hosts.set(key, known)
    if (known.seen.has(sequence)) {
      known.duplicates++
      return true
    }
    known.seen.add(sequence)
    known.answers++
    known.least = Math.min(known.least, milliseconds)
    known.most = Math.max(known.most, milliseconds)
    known.sum += milliseconds
    return false
  }
  const columns: Column<Host>[] = [
    { head: 'HOST', cell: ({ host }) => host },
    { head: 'IF', cell: ({ on }) => on },
    { head: 'ANSWERS', right: true, cell: ({ answers }) => `${answers} of ${asked}` },
    { head: 'LEAST', right: true, cell: ({ least }) => ms(least) },
    { head: 'MEAN', right: true, cell: ({ sum, answers }) => ms(sum / answers) },
    { head: 'MOST', right: true, cell: ({ most }) => ms(most) },
  ]

  return {
    asked: () => {
      asked++
    },
    add(answer) {
      const duplicate = count(answer)
      const { host, on, sequence, milliseconds, hopLimit, bytes } = answer
      if (out.json) out.object({ event: 'answer', ...answer, duplicate })
      else {
        const more = `${hopLimit === undefined ? '' : `, hop limit ${hopLimit}`}${duplicate ? ', again' : ''}`
        out.line(`${host} on ${on}: seq ${sequence}, ${ms(milliseconds)}, ${bytes} bytes${more}`)
      }
    },
    end() {
      const list = [...hosts.values()]
      if (!out.json && list.length === 0) out.line(`${plural(asked, 'request')}, no answer`)
      else if (!out.json) out.list(list, columns)
      else
        out.object({
          event: 'summary',
          requests: asked,
          hosts: list.map(({ seen, sum, ...rest }) => ({ ...rest, mean: sum / rest.answers })),
        })
      return list.length
    },
  }
}
