// Compiles test/types/consumer.mts by the oldest TypeScript that the README names, as a program that uses the built package
// would, in both formats and for a bundler, with the declarations checked as well. The compiler is fetched once into .runtimes/.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchPackages } from './tools.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [, version] = /TypeScript (\d+\.\d+) or later/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
const home = fetchPackages(`typescript-${version}`, { typescript: version, '@types/node': '20' })
const modules = join(home, 'node_modules')
const installed = join(modules, 'sockctl')
rmSync(installed, { recursive: true, force: true })
mkdirSync(installed)
for (const part of ['dist', 'package.json']) symlinkSync(join(root, part), join(installed, part))

const flags = '--noEmit --strict --exactOptionalPropertyTypes --skipLibCheck false --preserveSymlinks --target es2022'
const programs = [
  ['consumer.mts', '--module', 'nodenext'],
  // In CommonJS, an import of what is only an ES module would be refused (TS1479).
  ['consumer.cts', '--module', 'node16'],
  ['consumer.ts', '--module', 'esnext', '--moduleResolution', 'bundler'],
]
for (const [file, ...resolution] of programs) {
  copyFileSync(join(root, 'test/types/consumer.mts'), join(home, file))
  const compiler = [join(modules, 'typescript/bin/tsc'), ...flags.split(' '), ...resolution, file]
  const { status } = spawnSync(process.execPath, compiler, { cwd: home, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
  console.log(`the declarations compile with TypeScript ${version}: ${resolution.join(' ')}`)
}
