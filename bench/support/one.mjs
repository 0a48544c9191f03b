// one.mjs NAME: runs one bench and prints its rows.
import { printRow, printTitle } from './table.mjs'

const bench = await import(new URL(`../${process.argv[2]}.mjs`, import.meta.url).href)
const noNamespace = process.env.SOCKCTL_BENCH_NO_NAMESPACE

printTitle(bench.title)
if (bench.needsNamespace && noNamespace) console.log(`  skipped: ${noNamespace}`)
else for await (const row of bench.rows()) printRow(row)
