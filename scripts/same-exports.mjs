// Checks that two builds of the addon export the same: node scripts/same-exports.mjs ONE.node OTHER.node
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const require = createRequire(import.meta.url)

/** A line for each export; for an export that is an object, a line for each number in it too. */
function exportsOf(file) {
  return Object.entries(require(resolve(file))).flatMap(([name, value]) =>
    typeof value === 'object'
      ? Object.entries(value).map(([key, number]) => `${name}.${key} = ${number}`)
      : `${name}: ${typeof value}`,
  )
}

const [one, other] = process.argv.slice(2)
const [ofOne, ofOther] = [exportsOf(one), exportsOf(other)]
const differences = [
  ...ofOne.filter((line) => !ofOther.includes(line)).map((line) => `only ${one} has ${line}`),
  ...ofOther.filter((line) => !ofOne.includes(line)).map((line) => `only ${other} has ${line}`),
]
for (const difference of differences) console.error(difference)
if (differences.length === 0) console.log(`${one} and ${other} export the same: ${ofOne.length} names`)
process.exitCode = differences.length === 0 ? 0 : 1
