// Reads the output of `nft -j list ruleset`, and of `nft -a list ruleset` for what the first does not tell.

import { type Malformed, malformed } from '../../protocols/malformed.ts'
import type { BaseChain, Chain, Rule, Table } from './model.ts'
import { type Fields, isFields, type NftObjects } from './nft-json.ts'
import { nftRule } from './nft-rule.ts'
import { ruleText } from './nft-text.ts'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
/** A key of names, none of which can hold a blank. */
const keyOf = (...names: readonly unknown[]): string => names.map(textOf).join(' ')

/** What the text listing tells of tables and chains. */
export interface NftTexts {
  /** The flags of each table, by `family name`. */
  readonly flags: ReadonlyMap<string, string>
  /** The devices of chains, by `family table chain`. */
  readonly devices: ReadonlyMap<string, readonly string[]>
  /** The rules, by `family table handle`: handles are unique within a table. */
  readonly rules: ReadonlyMap<string, string>
}

/** Reads the text of `nft -a list ruleset`. */
export function parseNftTexts(text: string): NftTexts {
  const flags = new Map<string, string>()
  const devices = new Map<string, readonly string[]>()
  const rules = new Map<string, string>()
  let table = ''
  let chain = ''
  for (const line of text.split('\n')) {
    const indent = line.startsWith('\t\t') ? 2 : line.startsWith('\t') ? 1 : 0
    const words = line.trim()
    if (indent === 0) {
      const head = /^table (\S+) (\S+) \{/.exec(words)
      if (head !== null) {
        table = `${head[1]} ${head[2]}`
        flags.set(table, '')
      }
    } else if (indent === 1) {
      chain = /^chain (\S+) \{/.exec(words)?.[1] ?? ''
      const flag = /^flags (.+)$/.exec(words)?.[1]
      if (flag !== undefined) flags.set(table, flag)
    } else if (chain !== '') {
      const [, rule, handle] = /^(.*) # handle (\d+)$/.exec(words) ?? []
      if (rule !== undefined) rules.set(`${table} ${handle}`, rule)
      else if (words.startsWith('type ')) {
        const list = / devices? (?:= \{ )?(.*?)(?: \})? priority /.exec(words)?.[1]
        if (list !== undefined)
          devices.set(
            `${table} ${chain}`,
            list.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1')),
          )
      }
    }
  }
  return { flags, devices, rules }
}

/** The tables in the JSON of `nft -j list ruleset`. `texts` may be missing: what only it tells is then not known. */
export function parseNftRuleset(json: string, texts?: NftTexts): Table[] | Malformed {
  let listed: unknown
  try {
    listed = JSON.parse(json)
  } catch {
    return malformed('the listing of nft is not JSON')
  }
  const items = isFields(listed) ? listed.nftables : undefined
  if (!Array.isArray(items)) return malformed('the listing of nft has no "nftables"')

  const elements = new Map<string, Map<string, readonly unknown[]>>()
  const counters = new Map<string, Map<string, number>>()
  const limits = new Map<string, Map<string, Fields>>()
  const rules = new Map<string, Rule[]>()
  const within = <T>(maps: Map<string, Map<string, T>>, key: string): Map<string, T> => {
    const known = maps.get(key) ?? new Map<string, T>()
    maps.set(key, known)
    return known
  }
  const objectsOf = (table: string): NftObjects => ({
    elements: within(elements, table),
    counters: within(counters, table),
    limits: within(limits, table),
  })
  const tables: Fields[] = []
  const chains: Fields[] = []
  for (const item of items as unknown[]) {
    if (!isFields(item)) continue
    const { table, chain, rule, counter, limit } = item
    const set = item.set ?? item.map
    if (isFields(table)) tables.push(table)
    else if (isFields(chain)) chains.push(chain)
    else if (isFields(rule)) {
      const { family, table: of, chain: name, expr, handle } = rule
      if (!Array.isArray(expr)) continue
      const position = typeof handle === 'number' ? handle : 0
      const text = (): string => texts?.rules.get(`${textOf(family)} ${textOf(of)} ${position}`) ?? ruleText(expr)
      const key = keyOf(family, of, name)
      const list = rules.get(key)
      const read = nftRule(expr, objectsOf(keyOf(family, of)), text, position)
      if (list === undefined) rules.set(key, [read])
      else list.push(read)
    } else if (isFields(set))
      within(elements, keyOf(set.family, set.table)).set(textOf(set.name), Array.isArray(set.elem) ? set.elem : [])
    else if (isFields(counter) && typeof counter.packets === 'number')
      within(counters, keyOf(counter.family, counter.table)).set(textOf(counter.name), counter.packets)
    else if (isFields(limit)) within(limits, keyOf(limit.family, limit.table)).set(textOf(limit.name), limit)
  }
  return tables.map(({ family, name, flags }): Table => {
    const place = `${textOf(family)} ${textOf(name)}`
    const known = texts?.flags.get(place)
    return {
      tool: 'nft',
      family: textOf(family),
      name: textOf(name),
      dormant: known?.includes('dormant') ?? (flags === undefined ? false : undefined),
      chains: new Map(
        chains
          .filter((chain) => chain.family === family && chain.table === name)
          .map((chain) => {
            const base = baseOf(chain, texts?.devices.get(`${place} ${textOf(chain.name)}`))
            const own = rules.get(keyOf(family, name, chain.name)) ?? []
            const read: Chain = { name: textOf(chain.name), rules: own, ...(base !== undefined && { base }) }
            return [read.name, read] as const
          }),
      ),
    }
  })
}

function baseOf(
  { hook, prio, type, policy, dev }: Fields,
  devices: readonly string[] | undefined,
): BaseChain | undefined {
  if (typeof hook !== 'string') return undefined
  const listed = typeof dev === 'string' ? [dev] : Array.isArray(dev) ? dev.map(String) : undefined
  return {
    hook,
    priority: typeof prio === 'number' ? prio : 0,
    type: textOf(type),
    policy: policy === 'drop' ? 'drop' : 'accept',
    devices: listed ?? devices,
  }
}
