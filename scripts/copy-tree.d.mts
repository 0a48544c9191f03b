// The types of copy-tree.mjs, for tests.
export const root: string
export function projectFiles(...folders: string[]): string[]
export function copyTree(tree: string): void
