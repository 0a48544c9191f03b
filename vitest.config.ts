import { defineConfig } from 'vitest/config'

// One file at a time: the files share the namespace scripts/test.mjs made, its interfaces and its joined groups.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/orphan.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
