// Asks for interfaces and routes on the worker thread.

import { type NativeLookup, native } from '../binding/native.ts'

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
