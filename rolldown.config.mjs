import { defineConfig } from 'rolldown'
import {
  besideDist,
  markPure,
  namedCreateRequire,
  nativeNamespace,
  optionsByEntry,
} from './scripts/rolldown-plugins.mjs'

const common = {
  platform: 'node',
  transform: { target: 'node20.19' },
  external: ['commander', 'get-east-asian-width'],
  plugins: [markPure()],
}

// The declarations have the comments; only the marks of pure calls are for bundlers.
const comments = { annotation: true, jsdoc: false, legal: false }
// The sources are in the package, so the maps hold none of them: scripts/declarations.mjs.
const shared = { chunkFileNames: '[name].js', comments, sourcemap: true }
const output = { ...shared, dir: 'dist', plugins: [besideDist()] }

// Most of the time an import takes goes into opening files, so what is always loaded together is one. A group takes along
// all that its files import.
const library = {
  name: 'library',
  test: /\/lib\/(control\/control|socket\/open-socket|receive\/receiver|send\/sender)\.ts$/,
  priority: 1,
}
const options = { name: 'options', test: /\/lib\/options\/index\.ts$/, priority: 2 }
/** What the table is made of. */
const codecs = { name: 'codecs', test: /\/lib\/options\/(option|codecs)\.ts$/, priority: 2 }
// What help needs, which loads no addon and prints no table; and what every command needs besides.
const help = { name: 'help', test: /\/lib\/cli\/shell\/(help|packaged|stop)\.ts$/, priority: 5 }
const base = { name: 'base', test: /\/lib\/cli\/shell\/(run|parsers)\.ts$/, priority: 4 }
const system = { name: 'system', test: /\/lib\/(binding\/native|net\/interfaces)\.ts$/, priority: 3 }

const face = {
  index: 'lib/index.ts',
  sap: 'lib/services/sap.ts',
  sntp: 'lib/services/sntp.ts',
  'options/index': 'lib/options/index.ts',
}

export default defineConfig([
  {
    ...common,
    // A namespace that the bundle makes is a function for each export, which each import would pay for.
    plugins: [
      ...common.plugins,
      nativeNamespace('control/snapshot', 'options/index'),
      nativeNamespace('index', 'options/codecs'),
      optionsByEntry(),
    ],
    input: {
      ...face,
      'options/codecs': 'lib/options/codecs.ts',
      'options/left-out': 'lib/options/left-out.ts',
      'options/left-out-levels': 'lib/options/left-out-levels.ts',
    },
    output: { ...output, cleanDir: true, codeSplitting: { groups: [codecs, library] } },
  },
  {
    ...common,
    input: face,
    output: {
      ...shared,
      dir: 'dist/cjs',
      format: 'cjs',
      plugins: [namedCreateRequire()],
      codeSplitting: { groups: [options, library] },
    },
  },
  // Of its own, since some of its commands need next to nothing of the library and are to start quickly.
  {
    ...common,
    // A module of re-exports does nothing by itself: a command then loads what it takes from there, and no more.
    treeshake: { moduleSideEffects: [{ test: /\/lib\/index\.ts$/, sideEffects: false }] },
    input: { 'cli/main': 'lib/cli/main.ts', 'demo-sender': 'lib/cli/commands/demo/sender.ts' },
    output: {
      ...output,
      chunkFileNames: 'cli-[name].js',
      codeSplitting: { groups: [help, base, system, options, library] },
    },
  },
])
