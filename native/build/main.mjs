// npm run build:native: builds the addon of a checkout. An installed package has the same as: npx sockctl build
import { build, check } from './addon.mjs'

const { compiler, missing, advice } = check()
if (missing.length > 0) {
  console.error(['sockctl cannot be built here. What is missing:', ...missing, ...advice].join('\n  '))
  process.exit(1)
}
try {
  console.log(await build(compiler))
} catch (error) {
  console.error(error.stderr?.toString() || error)
  process.exitCode = 1
}
