// Checks what the table of options says of defaults and ranges against the kernel, and writes docs/options.md's table of it.
// node scripts/option-values.mjs [--json]: without --json it writes the page. As root, in a network namespace of its own.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openSocket } from '../dist/index.js'
import * as table from '../dist/options/index.js'

const KINDS = {
  udp4: { family: 'ipv4', type: 'dgram' },
  udp6: { family: 'ipv6', type: 'dgram' },
  tcp4: { family: 'ipv4', type: 'stream' },
  tcp6: { family: 'ipv6', type: 'stream' },
  raw4: { family: 'ipv4', type: 'raw', protocol: 253 },
  raw6: { family: 'ipv6', type: 'raw', protocol: 253 },
  hdrincl4: { family: 'ipv4', type: 'raw', protocol: 'IPPROTO_RAW' },
  udplite4: { family: 'ipv4', type: 'dgram', protocol: 'IPPROTO_UDPLITE' },
  unix: { family: 'unix', type: 'stream' },
  packet: { family: 'packet', type: 'raw' },
  netlink: { family: 'netlink', type: 'raw' },
  vsock: { family: 'vsock', type: 'stream' },
}

const { options: docs } = JSON.parse(readFileSync(new URL('../dist/options/docs.json', import.meta.url), 'utf8'))
const docOf = (name) => docs.find((option) => option.name === name)?.does ?? ''

/** The default that a doc comment names, if it is a number or a truth value of its own. */
function saidDefault(name) {
  const [, said] = /Default (true|false|-?\d+)(?=[.:;,]| |$)/.exec(docOf(name)) ?? []
  return said === undefined ? undefined : JSON.parse(said)
}

const isPlain = ({ expects }) => expects === 'true or false' || /^a whole number/.test(expects)
const boundsOf = ({ expects }) => (/from (-?\d+) to (-?\d+)/.exec(expects) ?? []).slice(1).map(Number)

/** The value that a new socket reads after an option was set to a value, or the reason of the refusal. */
async function after(kind, option, ...set) {
  const socket = await openSocket(KINDS[kind])
  try {
    if (set.length > 0) await socket.control.set(option, set[0])
    return await socket.control.get(option)
  } catch (error) {
    if (error.reason === undefined) throw error
    return { refused: error.reason }
  } finally {
    await socket.close()
  }
}

const isRefused = (answer) => typeof answer === 'object' && answer !== null
const words = (answer) => (isRefused(answer) ? `refused: ${answer.refused}` : String(answer))

/** The first kind of socket that takes the option, with the value that a new one reads. */
async function kindFor(option) {
  for (const kind of Object.keys(KINDS)) {
    let initial
    try {
      initial = await after(kind, option)
    } catch {
      continue // this kernel opens no such socket
    }
    if (isRefused(initial)) continue
    const other = initial === true || initial === false ? !initial : Math.max(initial, boundsOf(option)[0] ?? 0)
    if (!isRefused(await after(kind, option, other))) return { kind, initial }
  }
  return undefined
}

async function rowOf(option) {
  const found = await kindFor(option)
  if (found === undefined) return undefined
  const { kind, initial } = found
  const said = saidDefault(option.name)
  const row = { name: option.name, kind, default: words(initial), agrees: said === undefined || said === initial }
  if (typeof initial === 'boolean') return { ...row, most: words(await after(kind, option, !initial)), isFlag: true }
  const [least, most] = boundsOf(option)
  const tried = [...new Set([least, Math.min(12_345, most), most])]
  const read = []
  for (const value of tried) read.push([value, await after(kind, option, value)])
  return { ...row, read: read.map(([value, answer]) => [String(value), words(answer)]) }
}

const list = Object.values(table).filter(
  (option) => option.supported && option.readable && option.writable && isPlain(option),
)

async function probe() {
  const rows = []
  for (const option of list) {
    const row = await rowOf(option)
    if (row !== undefined) rows.push(row)
  }
  return rows
}

if (process.env.SOCKCTL_PROBES === undefined) {
  const script = 'ip link set lo up; exec "$0" "$@"'
  const args = ['--net', 'sh', '-c', script, process.execPath, fileURLToPath(import.meta.url)]
  const rows = JSON.parse(
    execFileSync('unshare', args, {
      env: { ...process.env, SOCKCTL_PROBES: '1' },
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }),
  )
  const wrong = rows.filter(({ agrees }) => !agrees)
  for (const { name, default: initial } of wrong)
    console.error(`${name}: the default is ${initial}, not what its comment says`)
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows))
  else writePage(rows)
  process.exitCode = wrong.length > 0 ? 1 : 0
} else console.log(JSON.stringify(await probe()))

/** How the values set read back, those that do so as they are left out. */
function readBack({ isFlag, most, default: initial, read }) {
  if (isFlag) return most === initial ? 'stays' : 'as set'
  const changed = read.filter(([value, answer]) => value !== answer)
  return changed.length === 0 ? 'as set' : changed.map(([value, answer]) => `${value}: ${answer}`).join('; ')
}

function writePage(rows) {
  const page = new URL('../docs/options.md', import.meta.url)
  const text = readFileSync(page, 'utf8')
  const made = [
    `Linux ${release()}, as root in a new network namespace.`,
    '',
    '| Option | Socket | Default | Set | Reads back |',
    '|---|---|---|---|---|',
    ...rows.map((row) => {
      const set = row.isFlag ? 'true, false' : row.read.map(([value]) => value).join(', ')
      return `| \`${row.name}\` | ${row.kind} | ${row.default} | ${set} | ${readBack(row)} |`
    }),
  ].join('\n')
  const marks = /(<!-- checked -->\n).*?(\n<!-- \/checked -->)/s
  if (!marks.test(text)) throw new Error('there is no <!-- checked --> ... <!-- /checked --> in docs/options.md')
  writeFileSync(
    page,
    text.replace(marks, (_, start, end) => `${start}\n${made}\n${end}`),
  )
}
