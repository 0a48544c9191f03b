import { run } from './commands.ts'

/** Ports of the namespace of the tests (host A) whose SYNs to an address are dropped without a word; counted by address. */
export interface Silence extends AsyncDisposable {
  /** How many SYNs were dropped. */
  dropped(address: string): Promise<number>
  /** Lets the SYNs to an address through from now on. */
  end(address: string): Promise<void>
}

interface Rule {
  readonly handle: number
  readonly comment: string
  readonly expr: readonly { readonly counter?: { readonly packets: number } }[]
}

const TABLE = ['inet', 'silence']

/** Drops the SYNs to these addresses. `matching` says in nft's words which of them only: `meta mark 7`. */
export async function silence(addresses: readonly string[], matching = ''): Promise<Silence> {
  const rule = (address: string) =>
    `add rule ${TABLE.join(' ')} out ${address.includes(':') ? 'ip6' : 'ip'} daddr ${address} tcp flags & (syn | ack) == syn ` +
    `${matching} counter drop comment "${address}"`
  await run(
    'nft',
    ['-f', '-'],
    [
      `add table ${TABLE.join(' ')}`,
      `add chain ${TABLE.join(' ')} out { type filter hook output priority 0; }`,
      ...addresses.map(rule),
    ].join('\n'),
  )
  const rules = async (): Promise<Rule[]> => {
    const { nftables } = JSON.parse(await run('nft', ['-j', 'list', 'table', ...TABLE]))
    return nftables.flatMap(({ rule }: { rule?: Rule }) => (rule === undefined ? [] : [rule]))
  }
  const ruleOf = async (address: string): Promise<Rule> => {
    const found = (await rules()).find(({ comment }) => comment === address)
    if (found === undefined) throw new Error(`no SYNs to ${address} are dropped`)
    return found
  }
  return {
    dropped: async (address) =>
      (await ruleOf(address)).expr.reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0),
    end: async (address) => {
      await run('nft', ['delete', 'rule', ...TABLE, 'out', 'handle', `${(await ruleOf(address)).handle}`])
    },
    async [Symbol.asyncDispose]() {
      await run('nft', ['delete', 'table', ...TABLE])
    },
  }
}
