// Runs tests against an addon built with AddressSanitizer, LeakSanitizer and UBSan: node scripts/sanitize.mjs [--all]
// [test files]. Without arguments: the tests that reach native code in ways of their own, from test/native-tests.json.
// Fails if a test fails, or if a sanitizer reports anything about the addon. Reports about Node, and about other programs
// that the tests start, do not count.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileAddon } from './compile.mjs'
import { copyTree, root } from './copy-tree.mjs'

const home = join(root, 'build-asan')
const tree = join(home, 'tree')
const logs = join(home, 'logs')

const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=null', '-fno-omit-frame-pointer']

const library = (name) => execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()

const OURS = /sockctl\.node|native\/(base|codec|calls|host|socket|datagram)\//

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

/** The sanitizers' reports about the addon, each once. */
function reports() {
  const found = new Map()
  for (const name of readdirSync(logs)) {
    for (const report of readFileSync(join(logs, name), 'utf8').split(/\n(?==+\n|=+\d+=+)|\n\n/)) {
      if (!isOurs(report)) continue
      const text = report.replace(/==\d+==|0x[\da-f]+/g, '')
      if (!found.has(text)) found.set(text, report)
    }
  }
  return [...found.values()]
}

const [first, ...rest] = process.argv.slice(2)
const listed = JSON.parse(readFileSync(join(root, 'test/native-tests.json'), 'utf8'))
const files = first === '--all' ? rest : first === undefined ? listed : [first, ...rest]

const binary = await compileAddon({
  compiler: ['g++'],
  folder: join(home, 'objects'),
  flags: ['-O1', '-g1', ...SANITIZERS],
})
copyTree(tree)
// The library looks for its binary beside itself.
mkdirSync(join(tree, 'build/Release'), { recursive: true })
cpSync(binary, join(tree, 'build/Release/sockctl.node'))
rmSync(logs, { recursive: true, force: true })
mkdirSync(logs, { recursive: true })
const options = `log_path=${join(logs, 'report')}:exitcode=0`
const { status } = spawnSync(process.execPath, [join(tree, 'scripts/test.mjs'), ...files], {
  cwd: tree,
  stdio: 'inherit',
  env: {
    ...process.env,
    LD_PRELOAD: [library('libasan.so'), library('libubsan.so'), library('libstdc++.so')].join(':'),
    ASAN_OPTIONS: `${options}:detect_leaks=1:halt_on_error=0:abort_on_error=0:detect_stack_use_after_return=1`,
    UBSAN_OPTIONS: `${options}:print_stacktrace=1`,
    LSAN_OPTIONS: 'exitcode=0:report_objects=0',
    SOCKCTL_SANITIZED: '1',
  },
})
const said = reports()
for (const report of said) console.error(`\n${report}`)
console.log(
  `\nsanitizers: ${said.length === 0 ? 'nothing of the addon' : `${said.length} reports`}, in ${readdirSync(logs).length} logs`,
)
if (process.env.SOCKCTL_SANITIZERS_JSON)
  writeFileSync(
    process.env.SOCKCTL_SANITIZERS_JSON,
    `${JSON.stringify({ files: files.length, reports: said.length })}\n`,
  )
process.exit(status === 0 && said.length === 0 ? 0 : 1)
