// Types of preload.mjs, which scripts import too.
export function buildPreload(name: string): string
export function preloading(library: string): string
