// Builds the addon with AddressSanitizer, LeakSanitizer and UBSan in build-asan/, and reads what they report. Reports about
// Node, and about other programs, do not count.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { targetHere } from '../lib/binding/target.mjs'
import { compileAddon } from '../native/build/compile.mjs'
import { copyTree, projectFiles, root } from './copy-tree.mjs'

const home = join(root, 'build-asan')
const objects = join(home, 'objects')

const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=null', '-fno-omit-frame-pointer']

const OURS = /sockctl\.node|native\/(base|codec|calls|host|socket|datagram)\//

const library = (name) => execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()

/** The addon, compiled again only if a file it is made of is newer. */
async function binary() {
  const built = join(objects, 'sockctl.node')
  const made = existsSync(built) ? statSync(built).mtimeMs : 0
  if (projectFiles('native', 'scripts/sanitized.mjs').every((file) => statSync(join(root, file)).mtimeMs < made))
    return built
  return compileAddon({ compiler: ['g++'], folder: objects, flags: ['-O1', '-g1', ...SANITIZERS] })
}

/**
 * A copy of the project with the sanitized addon in `build-asan/NAME`, the environment of processes that use it, and what
 * they then report.
 */
export async function prepareSanitized(name) {
  const tree = join(home, name)
  const logs = join(home, `${name}-logs`)
  const addon = await binary()
  copyTree(tree)
  // The library looks for its binary beside itself.
  const folder = join(tree, 'prebuilds', targetHere())
  mkdirSync(folder, { recursive: true })
  cpSync(addon, join(folder, 'sockctl.node'))
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs, { recursive: true })
  const options = `log_path=${join(logs, 'report')}:exitcode=0`
  const variables = {
    LD_PRELOAD: ['libasan.so', 'libubsan.so', 'libstdc++.so'].map(library).join(':'),
    ASAN_OPTIONS: `${options}:detect_leaks=1:halt_on_error=0:abort_on_error=0:detect_stack_use_after_return=1`,
    UBSAN_OPTIONS: `${options}:print_stacktrace=1`,
    LSAN_OPTIONS: 'exitcode=0:report_objects=0',
  }
  return { tree, variables, tellReports: () => tellReports(logs) }
}

/**
 * Whether a report is about the addon. A leak is only if the addon itself allocated the memory: V8 frees little at exit,
 * and made much of that while it called the addon.
 */
function isOurs(report) {
  if (!/leak of/.test(report)) return OURS.test(report)
  const frames = report
    .split('\n')
    .filter((line) => /^\s+#\d/.test(line) && !/libsanitizer|libstdc\+\+|node-addon-api/.test(line))
  return OURS.test(frames[0] ?? '')
}

/** Prints the sanitizers' reports about the addon, each once, and gives how many there are. */
function tellReports(logs) {
  const found = new Map()
  const files = readdirSync(logs)
  for (const file of files) {
    for (const report of readFileSync(join(logs, file), 'utf8').split(/\n(?==+\n|=+\d+=+)|\n\n/)) {
      if (!isOurs(report)) continue
      const text = report.replace(/==\d+==|0x[\da-f]+/g, '')
      if (!found.has(text)) found.set(text, report)
    }
  }
  for (const report of found.values()) console.error(`\n${report}`)
  const told = found.size === 0 ? 'nothing' : `${found.size} reports`
  console.log(`\nsanitizers: ${told} of the addon, in ${files.length} logs`)
  return found.size
}
