// What a rule of nft does with a datagram, from the rule's statements in JSON.

import { targetVerdict } from './iptables-targets.ts'
import type { FilteredPacket, Judgement, PacketState, Rule, Verdict } from './model.ts'
import { fieldOf } from './nft-fields.ts'
import { type Fields, isFields, type NftObjects } from './nft-json.ts'
import { withoutCounter } from './nft-trace.ts'
import { ALL, allOrNone, both, NONE, type Portion, rest, together, unjudged } from './portion.ts'
import { either, type Field, matchDice, matchLimit, matchNames, prefixRange, readNumber } from './values.ts'

interface Context {
  readonly packet: FilteredPacket
  readonly state: PacketState
  readonly objects: NftObjects
  readonly reached: boolean
}

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 }
const BYTES: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 * 1024 }

const short = (value: unknown): string => {
  const text = JSON.stringify(value) ?? ''
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** The range that an element of a set, or the right side of a comparison, stands for. */
function rangeOf(
  field: Extract<Field, { kind: 'number' | 'dice' }>,
  right: unknown,
): readonly [bigint, bigint] | undefined {
  const read = field.kind === 'number' ? field.read : readNumber
  if (isFields(right)) {
    if (isFields(right.prefix)) return prefixRange(right.prefix.addr, right.prefix.len)
    if (Array.isArray(right.range)) {
      const [first, last] = [read(right.range[0]), read(right.range[1])]
      return first === undefined || last === undefined ? undefined : [first, last]
    }
    return undefined
  }
  const value = read(right)
  return value === undefined ? undefined : [value, value]
}

/** Whether a field equals a value, lies in a range, or is in a set. */
function equals(field: Field, right: unknown, { objects }: Context): Portion {
  if (typeof right === 'string' && right.startsWith('@')) {
    const elements = objects.elements.get(right.slice(1))
    return elements === undefined ? unjudged(`the set ${right}`) : anyOf(field, elements)
  }
  if (isFields(right) && Array.isArray(right.set)) return anyOf(field, right.set)
  if (Array.isArray(right)) return anyOf(field, right)
  return equalsElement(field, right)
}

/** What was found in long sets, since many rules may ask about the same one. */
const remembered = new WeakMap<readonly unknown[], Map<string, Portion>>()
const LONG = 64

const keyOf = (field: Field): string => {
  if (field.kind === 'number') return String(field.value)
  if (field.kind === 'list') return field.parts.map(keyOf).join(' . ')
  return JSON.stringify(field)
}

function anyOf(field: Field, elements: readonly unknown[]): Portion {
  if (elements.length < LONG) return search(field, elements)
  const answers = remembered.get(elements) ?? new Map<string, Portion>()
  remembered.set(elements, answers)
  const key = keyOf(field)
  const found = answers.get(key) ?? search(field, elements)
  answers.set(key, found)
  return found
}

function search(field: Field, elements: readonly unknown[]): Portion {
  let found = NONE
  for (const element of elements) {
    const one = equalsElement(field, element)
    if (one === NONE) continue
    if (one === ALL) return ALL
    found = field.kind === 'dice' ? together(found, one) : either(found, one)
  }
  return found
}

function equalsElement(field: Field, given: unknown): Portion {
  const right = isFields(given) && isFields(given.elem) ? given.elem.val : given
  switch (field.kind) {
    case 'absent':
      return NONE
    case 'unknown':
      return unjudged(field.what)
    case 'name':
      if (typeof right === 'number') return NONE
      return typeof right === 'string' ? matchNames(field.names, right, '*', 'the interface') : unjudged(short(right))
    case 'list': {
      const parts = isFields(right) && Array.isArray(right.concat) ? right.concat : undefined
      if (parts === undefined || parts.length !== field.parts.length) return unjudged(short(right))
      let all = ALL
      for (const [index, part] of field.parts.entries()) {
        all = both(all, equalsElement(part, parts[index]))
        if (all === NONE) return NONE
      }
      return all
    }
    default: {
      if (right === '*') return ALL
      const range = rangeOf(field, right)
      if (range === undefined) return unjudged(short(right))
      if (field.kind === 'dice') return matchDice(field.mod, field.offset, ...range)
      return allOrNone(field.value >= range[0] && field.value <= range[1])
    }
  }
}

const isAbsent = (field: Field): boolean =>
  field.kind === 'absent' || (field.kind === 'list' && field.parts.some((part) => part.kind === 'absent'))

function matched({ op, left, right }: Fields, context: Context): Portion {
  const field = fieldOf(left, context.packet, context.state)
  if (isAbsent(field)) return NONE
  switch (op) {
    case '==':
    case 'in':
      return equals(field, right, context)
    case '!=':
    case '!':
      return rest(equals(field, right, context))
    case '<':
    case '<=':
    case '>':
    case '>=': {
      if (field.kind === 'unknown') return unjudged(field.what)
      if (field.kind !== 'number' && field.kind !== 'dice') return unjudged(short(right))
      const range = rangeOf(field, right)
      if (range === undefined) return unjudged(short(right))
      const [bound] = range
      const below = op === '<' ? bound - 1n : bound
      const above = op === '>' ? bound + 1n : bound
      const bounds: [bigint, bigint] = op.startsWith('<') ? [0n, below] : [above, (1n << 128n) - 1n]
      if (field.kind === 'dice') return matchDice(field.mod, field.offset, ...bounds)
      return allOrNone(field.value >= bounds[0] && field.value <= bounds[1])
    }
    default:
      return unjudged(short({ op, left, right }))
  }
}

function limitMatched(limit: Fields, { packet }: Context): Portion {
  const { rate, per, inv, rate_unit: unit } = limit
  const seconds = SECONDS[String(per)]
  if (typeof rate !== 'number' || seconds === undefined) return unjudged(short({ limit }))
  const bytes = unit === undefined || unit === 'packets' ? undefined : BYTES[String(unit)]
  const measured = bytes === undefined ? packet.perSecond : packet.bytesPerSecond
  return matchLimit((rate * (bytes ?? 1)) / seconds, measured, inv === true)
}

/** The verdict that a statement is, or undefined. */
function verdictOf(kind: string, inner: unknown): Verdict | undefined {
  switch (kind) {
    case 'accept':
    case 'return':
    case 'drop':
      return { kind }
    case 'reject':
      return { kind: 'drop' }
    case 'jump':
    case 'goto':
      return { kind, chain: isFields(inner) ? String(inner.target) : '' }
    case 'queue':
      return { kind: 'ask', whom: 'the reader of a queue' }
    case 'dnat':
    case 'redirect':
    case 'tproxy':
    case 'fwd':
      return { kind: 'divert', to: short(inner) }
    case 'masquerade':
    case 'snat':
      return { kind: 'accept' }
    default:
      return undefined
  }
}

/** What a verdict map does: one judgement for each verdict that the datagram may meet. */
function mapJudgements({ key, data }: Fields, before: Portion, context: Context): Judgement[] {
  const field = fieldOf(key, context.packet, context.state)
  const name = typeof data === 'string' && data.startsWith('@') ? data.slice(1) : undefined
  const given = name === undefined ? (isFields(data) ? data.set : undefined) : context.objects.elements.get(name)
  if (!Array.isArray(given))
    return [{ portion: both(before, unjudged(short({ vmap: data }))), verdict: { kind: 'ask', whom: 'a verdict map' } }]
  if (isAbsent(field)) return []
  const byVerdict = new Map<string, { portion: Portion; verdict: Verdict }>()
  let fallback: Verdict | undefined
  let known = NONE
  for (const entry of given as unknown[]) {
    const [element, statement] = Array.isArray(entry) ? entry : []
    const [[kind, inner] = ['', undefined]] = isFields(statement) ? Object.entries(statement) : []
    const verdict = verdictOf(kind, inner)
    if (element === '*') {
      fallback = verdict
      continue
    }
    const portion = equalsElement(field, element)
    if (portion === NONE) continue
    known = together(known, portion)
    if (verdict === undefined) continue
    const id = JSON.stringify(verdict)
    byVerdict.set(id, { portion: together(byVerdict.get(id)?.portion ?? NONE, portion), verdict })
  }
  if (fallback !== undefined) byVerdict.set('*', { portion: rest(known), verdict: fallback })
  return [...byVerdict.values()].map(({ portion, verdict }) => ({ portion: both(before, portion), verdict }))
}

/** Applies what a statement writes. */
function write({ key, value }: Fields, { state, reached }: Context, certain: boolean): void {
  const [[kind, inner] = ['', undefined]] = isFields(key) ? Object.entries(key) : []
  if (!isFields(inner)) return
  if (kind === 'meta' && inner.key === 'mark') {
    const mark = readNumber(value)
    state.mark = certain && reached ? mark : undefined
  } else if (kind === 'payload') state.rewritten.add(String(inner.field))
}

/** Where a statement sends the datagram by writing another destination into it; undefined if the datagram keeps its own. */
function rewrittenTo({ key, value }: Fields, { packet }: Context): string | undefined {
  const field = isFields(key) && isFields(key.payload) ? key.payload.field : undefined
  if (field === 'daddr' && value !== packet.destination) return short(value)
  return field === 'dport' && value !== packet.destinationPort ? `port ${short(value)}` : undefined
}

/** Statements that neither match nor decide. */
const NEUTRAL = new Set(['counter', 'log', 'mangle', 'dup', 'flow', 'comment', 'ct helper', 'ct timeout', 'secmark'])

function judge(expr: readonly unknown[], context: Context): readonly Judgement[] {
  let portion = ALL
  const { state } = context
  for (const statement of expr) {
    const [[kind, inner] = ['', undefined]] = isFields(statement) ? Object.entries(statement) : []
    const certain = portion.least >= 1
    if (kind === 'match' && isFields(inner)) portion = both(portion, matched(inner, context))
    else if (kind === 'limit') {
      const limit = typeof inner === 'string' ? context.objects.limits.get(inner) : inner
      portion = both(portion, isFields(limit) ? limitMatched(limit, context) : unjudged(short(statement)))
    } else if (kind === 'vmap' && isFields(inner)) return mapJudgements(inner, portion, context)
    else if (kind === 'mangle' && isFields(inner)) {
      const to = rewrittenTo(inner, context)
      if (to !== undefined) return [{ portion, verdict: { kind: 'divert', to } }]
      write(inner, context, certain)
    } else if (kind === 'notrack') state.connection = certain && context.reached ? 'untracked' : undefined
    else if (kind === 'set' || kind === 'meter') portion = both(portion, setMatched(inner, context))
    else if (kind === 'xt') {
      const target = isFields(inner) && inner.type === 'target' ? String(inner.name) : undefined
      const verdict = target === undefined ? undefined : targetVerdict(target)
      if (verdict !== undefined) return [{ portion, verdict }]
      if (target === undefined) portion = both(portion, xtMatched(inner))
      // nft does not list what the target sets.
      if (target === 'MARK' || target === 'CONNMARK') state.mark = undefined
      if (target === 'CT' || target === 'NOTRACK') state.connection = undefined
    } else if (!NEUTRAL.has(kind)) {
      const verdict = verdictOf(kind, inner)
      if (verdict !== undefined) return [{ portion, verdict }]
      if (kind !== 'continue') portion = both(portion, unjudged(kind === '' ? short(statement) : kind))
    }
    if (portion === NONE) return []
  }
  return []
}

/** A statement that puts the datagram's address into a set matches if the limit that goes with it does. */
function setMatched(inner: unknown, context: Context): Portion {
  const own = isFields(inner) ? inner.stmt : undefined
  const statements = Array.isArray(own) ? own : [own]
  let portion = ALL
  for (const statement of statements) {
    if (!isFields(statement) || statement.counter !== undefined) continue
    portion = both(
      portion,
      isFields(statement.limit) ? limitMatched(statement.limit, context) : unjudged(short(statement)),
    )
  }
  return portion
}

/** Extensions of iptables, of which nft names no more than the kind: `{"type": "match", "name": "multiport"}`. */
function xtMatched(inner: unknown): Portion {
  if (!isFields(inner)) return unjudged('an extension of iptables')
  if (inner.name === 'comment') return ALL
  return unjudged(`-m ${String(inner.name)}`)
}

/** How many datagrams met the rule's own counter. */
function countedBy(expr: readonly unknown[], objects: NftObjects): number | undefined {
  const statement = expr.find((one) => isFields(one) && one.counter !== undefined)
  const counter = isFields(statement) ? statement.counter : undefined
  if (typeof counter === 'string') return objects.counters.get(counter)
  return isFields(counter) && typeof counter.packets === 'number' ? counter.packets : undefined
}

/** A rule from its statements. */
export function nftRule(expr: readonly unknown[], objects: NftObjects, text: () => string, position: number): Rule {
  return {
    position,
    text: () => withoutCounter(text()),
    packets: () => countedBy(expr, objects),
    judge: (packet, state, reached) => judge(expr, { packet, state, objects, reached }),
  }
}
