// Copies the built binary into prebuilds/, where an installed package looks for it. The published package must hold the
// binary, since npm 12 and pnpm 10 run no install scripts of dependencies.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'

const folder = `prebuilds/${process.platform}-${process.arch}`
const target = `${folder}/sockctl.node`
mkdirSync(folder, { recursive: true })
copyFileSync('build/Release/sockctl.node', target)
execFileSync('strip', process.platform === 'darwin' ? ['-x', target] : ['--strip-unneeded', target])
console.log(target)
