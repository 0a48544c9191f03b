// Reads the text of `nft monitor trace`.

/** A rule, or a policy, that dropped a traced packet. */
export interface TracedDrop {
  readonly family: string
  readonly table: string
  readonly chain: string
  /** The rule as nft prints it, without its counter; `policy drop`. */
  readonly rule: string
}

export interface TraceLine {
  /** One packet has one id at all hooks. */
  readonly id: string
  readonly table: string
  readonly drop: TracedDrop | undefined
}

const LINE = /^trace id (\w+) (\S+) (\S+) (\S+) (?:(packet): |rule (.*) \(verdict (\w+).*\)|policy (\w+)|verdict )/

/** Reads a line; undefined if it is none of a trace. */
export function parseTraceLine(line: string): TraceLine | undefined {
  const [, id, family, table, chain, , rule, verdict, policy] = LINE.exec(line.trim()) ?? []
  if (id === undefined || family === undefined || table === undefined || chain === undefined) return undefined
  const text =
    rule === undefined ? (policy === 'drop' ? 'policy drop' : undefined) : verdict === 'drop' ? rule : undefined
  const drop = text === undefined ? undefined : { family, table, chain, rule: withoutCounter(text) }
  return { id, table, drop }
}

/** A rule as nft prints it, without what its counter counts. */
export const withoutCounter = (rule: string): string => rule.replace(/counter packets \d+ bytes \d+ ?/, '')
