// Reads the rules of this host's firewall from nft and iptables, and says what could not be read.

import { execFile } from 'node:child_process'
import { parseIptablesRules } from '../../../kernel/firewall/iptables-rules.ts'
import type { Table } from '../../../kernel/firewall/model.ts'
import { type NftTexts, parseNftRuleset, parseNftTexts } from '../../../kernel/firewall/nft-ruleset.ts'
import type { IpFamily } from '../../../net/address.ts'
import { isMalformed } from '../../../protocols/malformed.ts'
import { readText, withRights } from './system.ts'

/** The rules as they were at one time. */
export interface Firewall {
  readonly tables: readonly Table[]
  /** What could not be read, as clauses: `iptables is not installed`. */
  readonly unseen: readonly string[]
  /** Whether rules were not read because they took too long. */
  readonly isLate: boolean
}

/** In bytes: a listing as long as this takes too long to be asked for twice. */
const LONG_LISTING = 4_000_000

type Listing =
  | { readonly text: string }
  | { readonly failed: 'missing' | 'late' | 'refused' | 'other'; readonly says: string }

/** In bytes: 100,000 rules take 35 MB. */
const MAX_LISTING = 400_000_000

function list(program: string, args: readonly string[], stop: AbortSignal): Promise<Listing> {
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' }
  return new Promise((resolve) => {
    execFile(program, args, { signal: stop, maxBuffer: MAX_LISTING, env }, (error, stdout, stderr) => {
      if (error === null) resolve({ text: stdout })
      else if (stop.aborted)
        resolve({ failed: 'late', says: `${program} had not listed its rules in time (--wait gives more)` })
      else if (error.code === 'ENOENT') resolve({ failed: 'missing', says: `${program} is not installed` })
      else if (error.syscall !== undefined)
        resolve({ failed: 'other', says: `${program} can't be run here (${error.code})` })
      else if (/permitted|permission/i.test(stderr))
        resolve({
          failed: 'refused',
          says: `${program} lists no rules without CAP_NET_ADMIN: run doctor ${withRights('CAP_NET_ADMIN')}`,
        })
      else resolve({ failed: 'other', says: `${program} failed: ${stderr.trim().split('\n')[0] ?? ''}` })
    })
  })
}

interface NftReading extends Firewall {
  /** Whether there are extensions of iptables, of which nft tells no more than the name. */
  readonly hasExtensions: boolean
}

const unread = (says: string, isLate: boolean): NftReading => ({
  tables: [],
  unseen: [says],
  isLate,
  hasExtensions: false,
})

/** The rules of nf_tables. The listing in text tells what that in JSON leaves out, and the rules as they are written. */
async function readNft(stop: AbortSignal, inFull: boolean): Promise<NftReading> {
  const json = await list('nft', ['-j', 'list', 'ruleset'], stop)
  if ('failed' in json) return unread(json.says, json.failed === 'late')
  let texts: NftTexts | undefined
  if (inFull && json.text.length < LONG_LISTING && json.text.includes('"chain"')) {
    const text = await list('nft', ['-a', 'list', 'ruleset'], stop)
    if ('text' in text) texts = parseNftTexts(text.text)
  }
  const tables = parseNftRuleset(json.text, texts)
  if (isMalformed(tables)) return unread(tables.malformed, false)
  return { tables, unseen: [], isLate: false, hasExtensions: json.text.includes('"xt":') }
}

/** The tables of iptables that its programs are known to keep in nf_tables. */
const IPTABLES_NAMES = new Set(['filter', 'nat', 'mangle', 'raw', 'security'])

interface IptablesReading extends Firewall {
  /** Whether the rules are kept in nf_tables, where nft lists them too. */
  readonly isOfNft: boolean
}

async function readIptables(family: 'ip' | 'ip6', nft: NftReading, stop: AbortSignal): Promise<IptablesReading> {
  const program = family === 'ip' ? 'iptables' : 'ip6tables'
  const names = readText(`/proc/net/${family}_tables_names`).split('\n').filter(Boolean)
  const usesNft =
    nft.unseen.length > 0 || nft.tables.some((table) => table.family === family && IPTABLES_NAMES.has(table.name))
  const none = { tables: [], unseen: [], isLate: false, isOfNft: false }
  if (names.length === 0 && (!usesNft || nft.isLate)) return none
  const saved = await list(`${program}-save`, ['-c'], stop)
  const unseen: string[] = []
  const tables: Table[] = []
  const isOfNft = 'text' in saved && saved.text.includes('(nf_tables)')
  if ('text' in saved) tables.push(...parseIptablesRules(saved.text, family, false))
  else {
    const says = saved.failed === 'missing' ? `${program} is not installed` : saved.says
    if (nft.unseen.length > 0) unseen.push(says)
    else if (nft.hasExtensions) unseen.push(`${says}, so that extensions in its rules were not read`)
  }
  // A program that keeps its rules in nf_tables does not list the older tables, nor says so if it has none of its own.
  const isListed = (name: string): boolean => tables.some((table) => table.name === name)
  const isLate = 'failed' in saved && saved.failed === 'late'
  if (names.length === 0 || (!isOfNft && names.every(isListed))) return { tables, unseen, isLate, isOfNft }
  const legacy = await list(`${program}-legacy-save`, ['-c'], stop)
  if ('text' in legacy) tables.push(...parseIptablesRules(legacy.text, family, true))
  else {
    const says = legacy.failed === 'missing' ? `${program}-legacy-save is not installed` : legacy.says
    unseen.push(`there are legacy tables of ${program} (${names.join(', ')}), and ${says}`)
  }
  return { tables, unseen, isLate: isLate || ('failed' in legacy && legacy.failed === 'late'), isOfNft }
}

/** Reads the rules. Without `inFull`, they have no texts: enough for their counters. */
export async function readFirewall(family: IpFamily, stop: AbortSignal, inFull = true): Promise<Firewall> {
  const nft = await readNft(stop, inFull)
  const iptables = await readIptables(family === 'ipv4' ? 'ip' : 'ip6', nft, stop)
  // What iptables keeps in nf_tables is told once, as iptables tells it.
  const told = new Set(iptables.isOfNft ? iptables.tables.map(({ family: of, name }) => `${of} ${name}`) : [])
  return {
    tables: [...nft.tables.filter((table) => !told.has(`${table.family} ${table.name}`)), ...iptables.tables],
    unseen: [...nft.unseen, ...iptables.unseen],
    isLate: nft.isLate || iptables.isLate,
  }
}

/** The rules before and after, the first of them read while the doctor looks at other things. */
export interface FirewallWatch {
  /** In milliseconds: how long it takes to read the rules once more, for their counters; 0 if they are not read again. */
  readsAgainIn(): number
  /** Waits until the rules are read, at most for so many milliseconds. */
  finish(patience: number): Promise<{ before: Firewall; after: Firewall }>
}

/** In milliseconds: if the rules were listed as fast as this, their counters are listed once more. */
const FAST = 1000
/** In milliseconds: how much longer the second listing may take. */
const SLACK = 300

export function watchFirewall(family: IpFamily, stop: AbortSignal): FirewallWatch {
  const late = new AbortController()
  const end = AbortSignal.any([stop, late.signal])
  const start = performance.now()
  let took = Number.POSITIVE_INFINITY
  let isEmpty = true
  const first = readFirewall(family, end).then((read) => {
    took = performance.now() - start
    isEmpty = read.tables.length === 0
    return read
  })
  const readsAgain = (): boolean => took < FAST && !isEmpty
  return {
    readsAgainIn: () => (readsAgain() ? took : 0),
    finish: async (patience) => {
      const timer = setTimeout(() => late.abort(), patience)
      const before = await first
      clearTimeout(timer)
      const after =
        readsAgain() && !stop.aborted
          ? await readFirewall(family, AbortSignal.any([stop, AbortSignal.timeout(Math.ceil(took) + SLACK)]), false)
          : before
      return { before, after }
    },
  }
}
