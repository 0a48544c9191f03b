import { askProgram } from './program.ts'

/** A bridge that looks into IGMP and MLD, as a switch does. */
export interface Bridge {
  readonly snoops: boolean
  /** It sends queries of its own. */
  readonly asks: boolean
  /** The groups it knows this host to listen to; undefined where it does not say. */
  readonly groups: readonly string[] | undefined
}

export interface Link {
  /** The bridge or bond it is a port of. */
  readonly master: string | undefined
  /** Where it is a bridge itself. */
  readonly bridge: Bridge | undefined
}

interface IpLink {
  master?: string
  linkinfo?: {
    info_kind?: string
    info_slave_kind?: string
    info_data?: { mcast_snooping?: number; mcast_querier?: number }
  }
}

const PORT_KINDS = ['bridge', 'bond', 'team']

async function askJson<T>(program: string, ...args: string[]): Promise<T | undefined> {
  try {
    const [first] = JSON.parse((await askProgram(program, args)) ?? '[]') as T[]
    return first
  } catch {
    return undefined
  }
}

async function bridgeGroups(name: string): Promise<string[] | undefined> {
  const found = await askJson<{ mdb?: { port: string; grp: string }[] }>('bridge', '-json', 'mdb', 'show', 'dev', name)
  return found?.mdb?.filter(({ port }) => port === name).map(({ grp }) => grp)
}

/** By ip(8) and bridge(8): /sys tells of the network namespace it was mounted in, which may be another. */
export async function linkOf(name: string): Promise<Link> {
  const { master, linkinfo = {} } =
    (await askJson<IpLink>('ip', '-json', '-details', 'link', 'show', 'dev', name)) ?? {}
  const { info_kind: kind, info_slave_kind: slave = '', info_data: data = {} } = linkinfo
  return {
    master: PORT_KINDS.includes(slave) ? master : undefined,
    bridge:
      kind === 'bridge'
        ? { snoops: data.mcast_snooping === 1, asks: data.mcast_querier === 1, groups: await bridgeGroups(name) }
        : undefined,
  }
}
