import { type NativeLookup, native } from '../binding/native.ts'

/** What must be known before a membership call can be made: the list of interfaces, or a route to a group. */
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
  const places = new Map<string, number>()
  for (const group of groups) if (!places.has(group)) places.set(group, lookup.route(group))
  await new Promise<void>((resolve) => lookup.run(resolve))
  const routes = lookup.routes()
  return { interfaces: lookup.interfaces(), route: (group) => routes[places.get(group) ?? -1] ?? 0 }
}
