// Part of npm run build:ts: makes the declarations readable for the oldest TypeScript that the README names. The compiler
// writes default type arguments of Buffer and Uint8Array out, and before TypeScript 5.7 neither has any.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.d.ts')) continue
  const text = readFileSync(join(dist, file), 'utf8')
  const plain = text.replaceAll(/\b(Buffer|Uint8Array)<ArrayBufferLike>/g, '$1')
  if (plain !== text) writeFileSync(join(dist, file), plain)
}
