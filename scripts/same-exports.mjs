// Whether two builds of the addon export the same: node scripts/same-exports.mjs ONE.node OTHER.node
import { deepStrictEqual } from 'node:assert'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const require = createRequire(import.meta.url)

/** Names and kinds of what is exported; constants and codecs with their numbers. */
function exportsOf(file) {
  const { constants, codecs, filterModes, ...rest } = require(resolve(file))
  const kinds = Object.entries(rest).map(([name, value]) => [name, typeof value])
  return { constants, codecs, filterModes, ...Object.fromEntries(kinds) }
}

const [one, other] = process.argv.slice(2)
const exported = exportsOf(one)
deepStrictEqual(exportsOf(other), exported)
console.log(`${one} and ${other} export the same ${Object.keys(exported).length} names`)
