// Part of npm run build:ts: writes the declarations, for ES modules and for CommonJS, takes the sources out of the source maps,
// since the package has them, and makes the declarations readable for the oldest TypeScript that the README names. The compiler writes default type arguments of Buffer and Uint8Array out, and before
// TypeScript 5.7 neither has any.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

for (const folder of [dist, join(dist, 'cjs')])
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', folder], {
    cwd: root,
    stdio: 'inherit',
  })
writeFileSync(join(dist, 'cjs/package.json'), `${JSON.stringify({ type: 'commonjs', sideEffects: false })}\n`)

for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.js.map')) {
    const { sourcesContent: _, ...map } = JSON.parse(readFileSync(join(dist, file), 'utf8'))
    writeFileSync(join(dist, file), JSON.stringify(map))
  }
  if (!file.endsWith('.d.ts')) continue
  const text = readFileSync(join(dist, file), 'utf8')
  const plain = text.replaceAll(/\b(Buffer|Uint8Array)<ArrayBufferLike>/g, '$1')
  if (plain !== text) writeFileSync(join(dist, file), plain)
}
