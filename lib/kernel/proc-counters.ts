// Reads the kernel's network counters from the texts of /proc/net/netstat, snmp and snmp6.

/** The kernel's counters by name: `TcpExt.IPReversePathFilter`, `Udp.RcvbufErrors`, `Ip6InDiscards`. */
export type Counters = ReadonlyMap<string, number>

/**
 * Reads counters from texts of /proc/net: netstat and snmp hold pairs of lines, names above numbers; snmp6 a name and a
 * number a line.
 */
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
        for (const [index, head] of heads.entries()) {
          const value = Number(rest[index] ?? 0)
          if (Number.isFinite(value)) counters.set(`${first.slice(0, -1)}.${head}`, value)
        }
    }
  }
  return counters
}

/** How much the named counter has grown from one reading to the next; a counter that is missing counts as 0. */
export const growth = (before: Counters, after: Counters, name: string): number =>
  (after.get(name) ?? 0) - (before.get(name) ?? 0)
