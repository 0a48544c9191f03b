// How a user of each bundler bundles `program.mjs` of a folder into `FOLDER/OUT/program.*`.
import { execFileSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Bundler {
  readonly name: string
  /** The bundler is a dependency of this repository, and so always there. */
  readonly installed?: true
  /** The packages that the folder needs. */
  readonly packages: readonly string[]
  /** Bundles, sockctl's own code included unless sockctl is to be external, and gives the file. */
  readonly bundle: (folder: string, out: string, external: boolean) => string
}

const run = (folder: string, [program = '', ...args]: readonly string[]): void => {
  execFileSync(program, args, { cwd: folder, stdio: 'pipe' })
}
const script = (folder: string, file: string, ...args: readonly string[]): void =>
  run(folder, [process.execPath, join('node_modules', file), ...args])
const esbuild = (folder: string, format: string, file: string, external: boolean): void =>
  run(folder, [
    'node_modules/.bin/esbuild',
    ...['program.mjs', '--bundle', '--platform=node', `--format=${format}`, `--outfile=${file}`],
    ...(external ? ['--external:sockctl'] : []),
  ])

const FORMATS = [
  { format: 'esm', ending: 'mjs' },
  { format: 'cjs', ending: 'cjs' },
] as const

const esbuilds = FORMATS.map(
  ({ format, ending }): Bundler => ({
    name: `esbuild (${format})`,
    packages: ['.bin', 'esbuild'],
    bundle(folder, out, external) {
      const file = join(out, `program.${ending}`)
      esbuild(folder, format, file, external)
      return file
    },
  }),
)

const rollups = FORMATS.map(
  ({ format, ending }): Bundler => ({
    name: `rollup (${format})`,
    packages: ['rollup', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs'],
    bundle(folder, out, external) {
      const file = join(out, `program.${ending}`)
      const plugins = ['-p', '@rollup/plugin-node-resolve', '-p', '@rollup/plugin-commonjs']
      const flags = ['-f', format, '-o', file, ...(external ? ['-e', 'sockctl,sockctl/options'] : [])]
      script(folder, 'rollup/dist/bin/rollup', 'program.mjs', ...flags, ...plugins)
      return file
    },
  }),
)

const rolldowns = FORMATS.map(
  ({ format, ending }): Bundler => ({
    name: `rolldown (${format})`,
    installed: true,
    packages: ['rolldown'],
    bundle(folder, out, external) {
      const file = join(out, `program.${ending}`)
      const flags = ['--platform', 'node', '-f', format, '-o', file]
      const named = external ? ['--external', 'sockctl', '--external', 'sockctl/options'] : []
      script(folder, 'rolldown/bin/cli.mjs', 'program.mjs', ...flags, ...named)
      return file
    },
  }),
)

const webpack: Bundler = {
  name: 'webpack',
  packages: ['webpack'],
  bundle(folder, out, external) {
    const config = {
      mode: 'production',
      target: 'node',
      entry: './program.mjs',
      output: { path: join(folder, out), filename: 'program.cjs' },
      externals: external ? { sockctl: 'commonjs sockctl', 'sockctl/options': 'commonjs sockctl/options' } : {},
    }
    const code = `require('webpack')(${JSON.stringify(config)}, (error, stats) => {
      if (error || stats.hasErrors() || stats.hasWarnings()) throw error ?? new Error(stats.toString())
    })`
    run(folder, [process.execPath, '--eval', code])
    return join(out, 'program.cjs')
  },
}

const vite: Bundler = {
  name: 'vite build --ssr',
  installed: true,
  packages: ['vite'],
  bundle(folder, out, external) {
    // Vite leaves packages out by itself.
    writeFileSync(join(folder, 'vite.config.mjs'), `export default { ssr: { ${external ? '' : 'noExternal: true'} } }`)
    script(folder, 'vite/bin/vite.js', 'build', '--ssr', 'program.mjs', '--outDir', out)
    return join(out, 'program.mjs')
  },
}

const ncc: Bundler = {
  name: 'ncc',
  packages: ['@vercel/ncc'],
  bundle(folder, out, external) {
    const named = external ? ['-e', 'sockctl', '-e', 'sockctl/options'] : []
    script(folder, '@vercel/ncc/dist/ncc/cli.js', 'build', 'program.mjs', '-o', out, ...named)
    return join(out, 'index.mjs')
  },
}

export const bundlers: readonly Bundler[] = [...esbuilds, ...rollups, ...rolldowns, webpack, vite, ncc]

/** Makes a single executable of Node's out of `program.mjs`, bundled whole. */
export function makeExecutable(folder: string, out: string): string {
  const [main, output, file] = ['sea.cjs', 'sea.blob', 'program'].map((name) => join(out, name)) as [
    string,
    string,
    string,
  ]
  esbuild(folder, 'cjs', main, false)
  writeFileSync(join(folder, 'sea.json'), JSON.stringify({ main, output, disableExperimentalSEAWarning: true }))
  run(folder, [process.execPath, '--experimental-sea-config', 'sea.json'])
  copyFileSync(process.execPath, join(folder, file))
  const fuse = ['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2']
  script(folder, 'postject/dist/cli.js', file, 'NODE_SEA_BLOB', output, ...fuse)
  return file
}
