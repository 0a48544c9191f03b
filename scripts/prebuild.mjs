// Puts the binary that was built where an installed package looks for it: no script runs at install time (npm 12 and
// pnpm 10 run none of a dependency's), so what is published must hold it.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'

const folder = `prebuilds/${process.platform}-${process.arch}`
const target = `${folder}/sockctl.node`
mkdirSync(folder, { recursive: true })
copyFileSync('build/Release/sockctl.node', target)
execFileSync('strip', process.platform === 'darwin' ? ['-x', target] : ['--strip-unneeded', target])
console.log(target)
