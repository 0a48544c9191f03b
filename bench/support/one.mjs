// one.mjs NAME: runs one bench and prints its rows. If SOCKCTL_BENCH_RESULTS names a folder, measures its plots too and
// writes all to NAME.json there.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { thisMachine } from './machine.mjs'
import { printResult, printTitle, resultOf } from './table.mjs'

const name = process.argv[2]
const { SOCKCTL_BENCH_NO_NAMESPACE: noNamespace, SOCKCTL_BENCH_RESULTS: folder } = process.env
const bench = await import(new URL(`../${name}.mjs`, import.meta.url).href)

async function measure() {
  const rows = []
  for await (const row of bench.rows()) {
    const result = resultOf(row)
    printResult(result)
    rows.push(result)
  }
  if (folder === undefined) return
  const plots = []
  if (bench.plots !== undefined) for await (const plot of bench.plots()) plots.push(plot)
  const results = { title: bench.title, machine: thisMachine(), rows, plots }
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(results, undefined, 2)}\n`)
}

printTitle(bench.title)
if (bench.needsNamespace && noNamespace) console.log(`  skipped: ${noNamespace}`)
else await measure()
