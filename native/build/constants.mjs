// Writes the C++ rows of native/base/constants.txt: node native/build/constants.mjs INPUT OUTPUT
import { readFileSync, writeFileSync } from 'node:fs'

const [input, output] = process.argv.slice(2)
const rows = readFileSync(input, 'utf8')
  .split('\n')
  .map((line) => line.replace(/#.*/, '').trim())
  .filter((line) => line !== '')
  .map((line) => {
    const [name, number] = line.split(/\s+/)
    const fallback = number === undefined ? '' : `#elif defined(SOCKCTL_UAPI)\n{"${name}", ${number}},\n`
    return `#ifdef ${name}\n{"${name}", static_cast<double>(${name})},\n${fallback}#endif\n`
  })
writeFileSync(output, rows.join(''))
