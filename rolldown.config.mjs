import { defineConfig } from 'rolldown'

const isOfCommandLine = (id) => id.includes('/lib/cli/')

// Most of the time an import takes goes into opening files, so what is always loaded together is one.
export default defineConfig({
  input: {
    index: 'lib/index.ts',
    sap: 'lib/sap.ts',
    sntp: 'lib/sntp.ts',
    'options/index': 'lib/options/index.ts',
    'options/left-out': 'lib/options/left-out.ts',
    'cli/main': 'lib/cli/main.ts',
    'cli/demo-sender': 'lib/cli/demo-sender.ts',
  },
  platform: 'node',
  transform: { target: 'node20.19' },
  external: ['commander', 'sdp-transform'],
  output: {
    dir: 'dist',
    cleanDir: true,
    chunkFileNames: ({ moduleIds }) => (moduleIds.every(isOfCommandLine) ? 'cli/[name].js' : '[name].js'),
    codeSplitting: {
      // A group takes along all that its files import.
      groups: [
        { name: 'system', test: /\/lib\/(native|errors|address|interfaces)\.ts$/, priority: 3 },
        { name: 'options', test: /\/lib\/options\/index\.ts$/, priority: 2 },
        { name: 'common', test: isOfCommandLine, minShareCount: 4 },
        { name: 'library', test: /\/lib\/(control|socket|receiver|sender)\.ts$/, priority: 1 },
      ],
    },
  },
})
