// The C++ files that one system compiles, one a line, from native/sources.json: node scripts/sources.mjs [linux | darwin]
import { readFileSync } from 'node:fs'

const lists = JSON.parse(readFileSync(new URL('../native/sources.json', import.meta.url), 'utf8'))
const [platform = process.platform] = process.argv.slice(2)
const own = lists[platform]
if (platform === 'all' || own === undefined) throw new Error(`native/sources.json has no list for ${platform}`)
for (const file of [...lists.all, ...own]) console.log(`native/${file}`)
