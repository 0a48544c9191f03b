// What a soaked receiver must deliver, kept apart from the library: which sources of which groups it wants now.

/** One group of one receiver: not joined, joined from any source but those blocked, or joined from some sources. */
export type Wish =
  | { readonly mode: 'none' }
  | { readonly mode: 'exclude'; readonly sources: ReadonlySet<string> }
  | { readonly mode: 'include'; readonly sources: ReadonlySet<string> }

export const NOT_JOINED: Wish = { mode: 'none' }

export function wants(wish: Wish, source: string): boolean {
  if (wish.mode === 'none') return false
  return (wish.mode === 'include') === wish.sources.has(source)
}

export const withSource = (wish: Wish, source: string): Wish =>
  wish.mode === 'none'
    ? { mode: 'include', sources: new Set([source]) }
    : { mode: wish.mode, sources: new Set([...wish.sources, source]) }

/** Without any source left, an including wish is a group that was left. */
export function withoutSource(wish: Wish, source: string): Wish {
  if (wish.mode === 'none') return wish
  const sources = new Set([...wish.sources].filter((one) => one !== source))
  return wish.mode === 'include' && sources.size === 0 ? NOT_JOINED : { mode: wish.mode, sources }
}
