// Fuzzes the native code that works without Node, by libFuzzer under AddressSanitizer and UBSan:
// node scripts/fuzz.mjs [--seconds 10] [--seed N] [--json FILE] [targets]. Inputs found once are kept in build-fuzz/corpus.
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const execute = promisify(execFile)
const home = join(root, 'build-fuzz')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '0' },
    json: { type: 'string' },
  },
})

/** The files the targets call, and the files those call in turn. */
const SOURCES = [
  'base/address.cc',
  'base/owned_fd.cc',
  'codec/membership_key.cc',
  'codec/mptcp_full_info.cc',
  'codec/source_filters.cc',
  'datagram/address_table.cc',
  'datagram/ancillary.cc',
  'datagram/delivery_rules.cc',
  'datagram/descriptors.cc',
  'datagram/source.cc',
  'host/route_answer.cc',
]
const FLAGS = [
  '-std=c++17',
  '-O1',
  '-g',
  '-fsanitize=fuzzer-no-link,address,undefined',
  '-fno-sanitize-recover=undefined',
  '-DNAPI_VERSION=8',
  '-DNAPI_CPP_EXCEPTIONS',
  `-I${join(root, 'native')}`,
  `-I${require('node-addon-api').include_dir}`,
  `-I${require('node-api-headers').include_dir}`,
]

const targets = readdirSync(join(root, 'test/fuzz'))
  .filter((name) => name.endsWith('.cc'))
  .map((name) => basename(name, '.cc'))
  .filter((name) => positionals.length === 0 || positionals.includes(name))

/** Stand-ins for the functions of Node-API, which the linker needs and no target calls. */
async function buildNodeApi() {
  const { js_native_api_symbols, node_api_symbols } = require('node-api-headers').symbols.v8
  const names = [...new Set([...js_native_api_symbols, ...node_api_symbols])]
  const code = join(home, 'node-api.c')
  writeFileSync(code, names.map((name) => `void ${name}(void) { __builtin_trap(); }\n`).join(''))
  await execute('clang', ['-w', '-c', code, '-o', join(home, 'node-api.o')])
}

const objects = [...SOURCES.map((file) => join(home, `${file.replaceAll('/', '-')}.o`)), join(home, 'node-api.o')]

async function buildSources() {
  for (const [index, file] of SOURCES.entries())
    await execute('clang++', [...FLAGS, '-c', join(root, 'native', file), '-o', objects[index]])
}

async function build(target) {
  const program = join(home, target)
  const code = join(root, `test/fuzz/${target}.cc`)
  await execute('clang++', [...FLAGS, '-fsanitize=fuzzer', code, ...objects, '-o', program])
  return program
}

function run(target, program) {
  const corpus = join(home, 'corpus', target)
  mkdirSync(corpus, { recursive: true })
  const found = join(home, `found-${target}-`)
  const args = [
    corpus,
    `-seed=${values.seed}`,
    `-max_total_time=${values.seconds}`,
    `-artifact_prefix=${found}`,
    '-print_final_stats=1',
    '-timeout=10',
  ]
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-20_000)
  })
  return new Promise((resolve) => {
    child.on('close', (status) => {
      const executions = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(said)?.[1] ?? 0)
      resolve({ target, executions, status, said })
    })
  })
}

mkdirSync(home, { recursive: true })
await buildNodeApi()
await buildSources()
const outcomes = []
for (const target of targets) {
  const outcome = await run(target, await build(target))
  outcomes.push(outcome)
  console.log(`${outcome.status === 0 ? 'ok   ' : 'WRONG'} ${target}: ${outcome.executions} executions`)
  if (outcome.status !== 0) console.log(outcome.said)
}
const summary = outcomes.map(({ target, executions, status }) => ({ target, executions, found: status !== 0 }))
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summary, null, 1)}\n`)
process.exit(outcomes.every(({ status }) => status === 0) ? 0 : 1)
