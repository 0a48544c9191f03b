export function findRuntime(runtime: 'bun' | 'deno'): { version: string; path?: string; missing?: string }
