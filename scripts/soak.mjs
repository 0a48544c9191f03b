// Soaks the library: node scripts/soak.mjs [--seconds 600] [--seed N] [--json FILE]. A failure prints the seed, which replays it.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    json: { type: 'string', default: '' },
    seed: { type: 'string', default: `${Date.now() % 2 ** 31}` },
  },
})
console.log(`soak: ${values.seconds} s, seed ${values.seed}`)
const { status } = spawnSync(
  process.execPath,
  [fileURLToPath(new URL('test.mjs', import.meta.url)), 'test/soak/soak.test.ts'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SOCKCTL_SOAK_SECONDS: values.seconds,
      SOCKCTL_SOAK_SEED: values.seed,
      SOCKCTL_SOAK_JSON: values.json && resolve(values.json),
    },
  },
)
process.exit(status ?? 1)
