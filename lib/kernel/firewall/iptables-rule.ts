// What a rule of iptables does with a datagram, from its line in iptables-save.

import { isIpv6 } from '../../net/address.ts'
import { targetVerdict } from './iptables-targets.ts'
import type { FilteredPacket, Judgement, PacketState, Rule, Verdict } from './model.ts'
import { ALL, allOrNone, both, limited, NONE, type Portion, rest, unjudged } from './portion.ts'
import { ADDRESS_TYPES, MESSAGE_TYPES, PACKET_TYPES, PROTOCOL_NUMBERS, packetTypeNumber } from './protocol-names.ts'
import { either, matchDice, matchLimit, matchNames, numberOfAddress, readNamed, readNumber } from './values.ts'

interface Context {
  readonly packet: FilteredPacket
  readonly state: PacketState
}

/** An option of a match: `! --dports 5000,6000:7000`. */
interface Option {
  readonly name: string
  readonly negated: boolean
  readonly values: readonly string[]
}

interface Match {
  /** The extension of `-m`; '' for the options of every rule. */
  readonly module: string
  readonly options: Option[]
}

interface ReadRule {
  readonly matches: readonly Match[]
  readonly target: string | undefined
  readonly isGoto: boolean
  readonly targetOptions: readonly Option[]
}

interface Word {
  readonly text: string
  readonly quoted: boolean
}

/** The words of a rule. iptables quotes those with blanks. */
function wordsOf(line: string): Word[] {
  if (!line.includes('"'))
    return line
      .split(' ')
      .filter((text) => text !== '')
      .map((text) => ({ text, quoted: false }))
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, inner]) => ({
    text: inner?.replace(/\\(.)/g, '$1') ?? word,
    quoted: inner !== undefined,
  }))
}

/** Options whose value may look like an option. */
const FREE_TEXT = new Set(['--comment', '--log-prefix', '--nflog-prefix', '--string', '--hex-string'])

const isOption = ({ text, quoted }: Word): boolean => !quoted && (text === '!' || /^--?[a-z]/i.test(text))

/** Splits a rule into its matches and its target. */
function readRule(words: readonly Word[]): ReadRule {
  const common: Match = { module: '', options: [] }
  const matches: Match[] = [common]
  const targetOptions: Option[] = []
  let target: string | undefined
  let isGoto = false
  let current: Option[] = common.options
  for (let index = 0; index < words.length; ) {
    const negated = words[index]?.text === '!'
    if (negated) index++
    const name = words[index++]?.text ?? ''
    const values: string[] = []
    for (let word = words[index]; word !== undefined; word = words[++index]) {
      if (isOption(word) && !(values.length === 0 && FREE_TEXT.has(name))) break
      values.push(word.text)
    }
    const [value = ''] = values
    if (name === '-m') {
      const match: Match = { module: value, options: [] }
      matches.push(match)
      current = match.options
    } else if (name === '-j' || name === '-g') {
      target = value
      isGoto = name === '-g'
      current = targetOptions
    } else if (/^-[a-z]$/i.test(name)) common.options.push({ name, negated, values })
    else current.push({ name, negated, values })
  }
  return { matches, target, isGoto, targetOptions }
}

/** Whether a number is in a list of numbers and ranges: `5000,6000:7000`. */
function inRanges(value: number | undefined, list: string, separator: string, what: string): Portion {
  if (value === undefined) return unjudged(what)
  for (const part of list.split(',')) {
    const [first = '', last = first] = part.split(separator)
    const from = first === '' ? 0n : readNumber(first)
    const to = last === '' ? 65_535n : readNumber(last)
    if (from === undefined || to === undefined) return unjudged(part)
    if (BigInt(value) >= from && BigInt(value) <= to) return ALL
  }
  return NONE
}

function inNetwork(address: string | undefined, network: string, what: string): Portion {
  const value = numberOfAddress(address)
  if (value === undefined) return unjudged(what)
  const [base, mask] = network.split('/')
  const bits = isIpv6(network) ? 128n : 32n
  const wanted = numberOfAddress(base)
  const width = (1n << bits) - 1n
  const length = readNumber(mask ?? String(bits))
  const bitmask = length === undefined ? numberOfAddress(mask) : length > bits ? undefined : width ^ (width >> length)
  if (wanted === undefined || bitmask === undefined) return unjudged(network)
  return allOrNone((value & bitmask) === (wanted & bitmask))
}

function inAddressRange(address: string | undefined, range: string): Portion {
  const value = numberOfAddress(address)
  const [first, last] = range.split('-').map(numberOfAddress)
  if (value === undefined || first === undefined || last === undefined) return unjudged(`-m iprange ${range}`)
  return allOrNone(value >= first && value <= last)
}

function matchesProtocol(name: string, { packet }: Context): Portion {
  if (name === 'all') return ALL
  const wanted = readNamed(PROTOCOL_NUMBERS, name)
  if (wanted === undefined) return unjudged(`-p ${name}`)
  return allOrNone(Number(wanted) === PROTOCOL_NUMBERS[packet.protocol])
}

function interfaceMatches(name: string, direction: 'in' | 'out', { packet, state }: Context): Portion {
  // At a hook without such an interface its name is empty, which only a lone wildcard matches.
  const names = packet.direction === direction ? state.interfaceNames : ['']
  return matchNames(names, name, '+', 'the interface')
}

/** `10/sec`, `5/minute`, as a number a second; undefined for bytes a second and for other text. */
function rateOf(text: string): number | undefined {
  const [, rate, unit] = /^(\d+)\/(s|m|h|d)[a-z]*$/.exec(text) ?? []
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[unit ?? '']
  return rate === undefined || seconds === undefined ? undefined : Number(rate) / seconds
}

const CONNECTION_STATES = { NEW: 'new', UNTRACKED: 'untracked', INVALID: 'invalid' } as const

function connectionMatches(states: string, { state }: Context): Portion {
  if (state.connection === undefined) return unjudged(`--ctstate ${states}`)
  const wanted = states.split(',')
  return allOrNone(
    Object.entries(CONNECTION_STATES).some(([name, own]) => own === state.connection && wanted.includes(name)),
  )
}

function markMatches(text: string, { state }: Context): Portion {
  const [value, mask] = text.split('/').map(readNumber)
  if (state.mark === undefined || value === undefined) return unjudged(`-m mark ${text}`)
  return allOrNone((state.mark & (mask ?? 0xffff_ffffn)) === value)
}

function groupMatches(text: string, asWritten: string, { packet }: Context): Portion {
  const [group, mask] = text.split('/').map(readNumber)
  const own = packet.interface.group
  if (own === undefined || group === undefined) return unjudged(asWritten)
  return allOrNone((BigInt(own) & (mask ?? 0xffff_ffffn)) === group)
}

/** How one option of a match judges the datagram; undefined if the option only belongs to another one. */
function judgeOption(module: string, { name, values }: Option, context: Context): Portion | undefined {
  const { packet, state } = context
  const [value = ''] = values
  const asWritten = `${module === '' ? '' : `-m ${module} `}${name} ${values.join(' ')}`.trim()
  switch (`${module} ${name}`) {
    case ' -s':
      return inNetwork(packet.source, value, 'the source')
    case ' -d':
      return inNetwork(packet.destination, value, 'the destination')
    case ' -p':
      return matchesProtocol(value, context)
    case ' -i':
      return interfaceMatches(value, 'in', context)
    case ' -o':
      return interfaceMatches(value, 'out', context)
    case ' -f':
      return packet.fragmented === false || state.hook === 'input' ? NONE : unjudged('fragments')
    case 'udp --dport':
    case 'multiport --dports':
      return inRanges(packet.destinationPort, value, ':', 'the port')
    case 'udp --sport':
    case 'multiport --sports':
      return inRanges(packet.sourcePort, value, ':', 'the source port')
    case 'multiport --ports':
      return either(
        inRanges(packet.destinationPort, value, ':', 'the port'),
        inRanges(packet.sourcePort, value, ':', 'the source port'),
      )
    case 'icmp6 --icmpv6-type': {
      const [type] = value.split('/')
      const wanted = readNamed(MESSAGE_TYPES, type)
      if (wanted === undefined || packet.messageType === undefined) return unjudged(asWritten)
      return allOrNone(Number(wanted) === packet.messageType)
    }
    case 'pkttype --pkt-type':
      return allOrNone(readNamed(PACKET_TYPES, value) === BigInt(packetTypeNumber(packet)))
    case 'addrtype --dst-type':
      return allOrNone(value.split(',').includes('MULTICAST'))
    case 'addrtype --src-type':
      return value
        .split(',')
        .every((one) => Object.hasOwn(ADDRESS_TYPES, one.toLowerCase()) && !/UNICAST|LOCAL/.test(one))
        ? NONE
        : unjudged(asWritten)
    case 'conntrack --ctstate':
    case 'state --state':
      return connectionMatches(value, context)
    case 'mark --mark':
      return markMatches(value, context)
    case 'iprange --src-range':
      return inAddressRange(packet.source, value)
    case 'iprange --dst-range':
      return inAddressRange(packet.destination, value)
    case 'limit --limit': {
      const rate = rateOf(value)
      return rate === undefined ? unjudged(asWritten) : matchLimit(rate, packet.perSecond, false)
    }
    case 'hashlimit --hashlimit-upto':
    case 'hashlimit --hashlimit':
    case 'hashlimit --hashlimit-above': {
      const rate = rateOf(value)
      return rate === undefined ? unjudged(asWritten) : matchLimit(rate, packet.perSecond, name.endsWith('above'))
    }
    case 'statistic --probability': {
      const share = Number(value)
      return share > 0 && share < 1 ? limited(share, share) : allOrNone(share >= 1)
    }
    case 'statistic --every': {
      const every = Number(value)
      return every >= 1 ? matchDice(every, 0, 0n, 0n) : unjudged(asWritten)
    }
    case 'ttl --ttl-eq':
    case 'hl --hl-eq':
    case 'ttl --ttl-lt':
    case 'hl --hl-lt':
    case 'ttl --ttl-gt':
    case 'hl --hl-gt': {
      const { hopLimit } = packet
      if (hopLimit === undefined) return unjudged('the hop limit')
      if (name.endsWith('eq')) return allOrNone(hopLimit === Number(value))
      return allOrNone(name.endsWith('lt') ? hopLimit < Number(value) : hopLimit > Number(value))
    }
    case 'policy --pol':
      // A plain datagram has gone through no IPsec.
      return allOrNone(value === 'none')
    case 'devgroup --src-group':
      return groupMatches(value, asWritten, context)
    case 'rpfilter --invert':
      if (packet.routeToSource === undefined || packet.routeToSource === 'other')
        return unjudged('the route to the source')
      return allOrNone(packet.routeToSource === 'none')
    default:
      return SECONDARY.has(`${module} ${name}`) || NO_CONDITION.has(module) ? undefined : unjudged(asWritten)
  }
}

/** Options that only say more about another option of their match. */
const SECONDARY = new Set(
  [
    'limit --limit-burst',
    'statistic --mode',
    'statistic --packet',
    'addrtype --limit-iface-in',
    'addrtype --limit-iface-out',
    'policy --dir',
    'rpfilter --validmark',
    'rpfilter --loose',
    'rpfilter --accept-local',
  ].concat(
    [
      'burst',
      'mode',
      'name',
      'srcmask',
      'dstmask',
      'htable-size',
      'htable-max',
      'htable-expire',
      'htable-gcinterval',
    ].map((one) => `hashlimit --hashlimit-${one}`),
  ),
)

/** Matches that every datagram meets. */
const NO_CONDITION = new Set(['comment', 'standard'])

function judgeMatch({ module, options }: Match, context: Context): Portion {
  // These match only their own protocol, whatever their options say.
  if (['tcp', 'sctp', 'dccp', 'udplite', 'icmp', 'ah', 'esp'].includes(module)) return NONE
  if (module === 'rpfilter' && !options.some(({ name }) => name === '--invert'))
    return context.packet.routeToSource === 'same' ? ALL : unjudged('the route to the source')
  if (options.length === 0 && !['', 'udp', 'icmp6'].includes(module) && !NO_CONDITION.has(module))
    return unjudged(`-m ${module}`)
  let all = ALL
  for (const option of options) {
    const one = judgeOption(module, option, context)
    if (one !== undefined) all = both(all, option.negated ? rest(one) : one)
    if (all === NONE) break
  }
  return all
}

/** Applies what the target writes. */
function write({ target, targetOptions }: ReadRule, state: PacketState, certain: boolean): void {
  if (target === 'MARK' || target === 'CONNMARK') {
    const [option] = targetOptions
    const [value, mask] = (option?.values[0] ?? '').split('/').map(readNumber)
    const whole = target === 'MARK' && option?.name === '--set-xmark' && mask === 0xffff_ffffn
    state.mark = certain && whole ? value : undefined
  } else if (target === 'NOTRACK' || (target === 'CT' && targetOptions.some(({ name }) => name === '--notrack')))
    state.connection = certain ? 'untracked' : undefined
  else if (target === 'TTL' || target === 'HL') state.rewritten.add('ttl')
}

/** The judgement of one rule, whose words are read when the rule is first met. */
export function iptablesJudge(line: string, isChain: (target: string) => boolean): Rule['judge'] {
  return (packet: FilteredPacket, state: PacketState, reached: boolean): readonly Judgement[] => {
    const rule = readRule(wordsOf(line))
    const context: Context = { packet, state }
    let portion = ALL
    for (const match of rule.matches) {
      portion = both(portion, judgeMatch(match, context))
      if (portion === NONE) return []
    }
    const { target } = rule
    if (target === undefined || target === '') return []
    write(rule, state, reached && portion.least >= 1)
    const verdict: Verdict | undefined = rule.isGoto
      ? { kind: 'goto', chain: target }
      : isChain(target)
        ? { kind: 'jump', chain: target }
        : targetVerdict(target)
    return verdict === undefined ? [] : [{ portion, verdict }]
  }
}
