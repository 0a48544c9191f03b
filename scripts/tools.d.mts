// The types of tools.mjs, for tests.
type Name = 'bundlers' | 'jest' | 'package-checks'
export function findTools(name: Name): { home: string; missing: string | undefined }
