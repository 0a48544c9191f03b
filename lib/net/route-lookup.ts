// Asks for interfaces and routes on the worker thread.

import { type NativeLookup, native } from '../binding/native.ts'
import { interfaceByAddress, readInterface } from './interfaces.ts'

/** The index of an interface as it was named; 0 leaves the choice to the kernel. */
export async function lookUpIndex(spec: unknown): Promise<number> {
  const wanted = readInterface(spec)
  if (wanted === undefined) return 0
  return 'index' in wanted ? wanted.index : interfaceByAddress(wanted.address, (await lookUp()).interfaces).index
}

/** What a membership call needs to know first: the list of interfaces, or the route to a group. */
export type Wanted = 'interfaces' | { readonly routeTo: string }

/** What a lookup found. `route` is an interface's index, or a negative errno. */
export interface Found {
  readonly interfaces: ReturnType<NativeLookup['interfaces']>
  route(group: string): number
}

export const NOTHING_FOUND: Found = { interfaces: [], route: () => 0 }

/** The interfaces there are and the routes to some groups, asked for on the worker thread. */
export async function lookUp(groups: readonly string[] = []): Promise<Found> {
  const lookup = new native.Lookup()
  const routeNumbers = new Map<string, number>()
  for (const group of groups) if (!routeNumbers.has(group)) routeNumbers.set(group, lookup.route(group))
  await new Promise<void>((resolve) => lookup.run(resolve))
  const routes = lookup.routes()
  return { interfaces: lookup.interfaces(), route: (group) => routes[routeNumbers.get(group) ?? -1] ?? 0 }
}
