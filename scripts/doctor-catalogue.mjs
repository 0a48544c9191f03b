// Runs the doctor on every network of its catalogue, and writes the table of docs/doctor.md. Names choose some of them:
// npm run doctor:catalogue -- vlan-tag switch-forgot
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const names = process.argv.slice(2)
const { status } = spawnSync(
  process.execPath,
  [fileURLToPath(new URL('test.mjs', import.meta.url)), 'test/cli/doctor-catalogue.test.ts'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      DOCTOR_CATALOGUE: 'whole',
      ...(names.length > 0 && { DOCTOR_CATALOGUE_ONLY: names.join(',') }),
    },
  },
)
process.exitCode = status ?? 1
