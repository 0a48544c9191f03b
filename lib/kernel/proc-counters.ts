/** Counters of the kernel by name: `TcpExt.IPReversePathFilter`, `Udp.RcvbufErrors`, `Ip6InDiscards`. */
export type Counters = ReadonlyMap<string, number>

/** Reads the texts of /proc/net/netstat and snmp, pairs of lines with names and numbers, and of snmp6, a name a line. */
export function parseCounters(...texts: readonly string[]): Counters {
  const counters = new Map<string, number>()
  for (const text of texts) {
    const names = new Map<string, string[]>()
    for (const line of text.split('\n')) {
      const [first = '', ...rest] = line.trim().split(/\s+/)
      if (!first.endsWith(':')) {
        const value = Number(rest[0])
        if (rest.length === 1 && Number.isFinite(value)) counters.set(first, value)
        continue
      }
      const heads = names.get(first)
      if (heads === undefined) names.set(first, rest)
      else
        for (const [index, head] of heads.entries())
          counters.set(`${first.slice(0, -1)}.${head}`, Number(rest[index] ?? 0))
    }
  }
  return counters
}

/** How much a counter has grown. */
export const growth = (before: Counters, after: Counters, name: string): number =>
  (after.get(name) ?? 0) - (before.get(name) ?? 0)
