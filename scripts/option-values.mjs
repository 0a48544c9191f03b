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

/** The default that a doc comment names, if it is a number, a truth value or a word of its own. */
function saidDefault({ name, expects }) {
  const words = [...expects.matchAll(/'([\w-]+)'/g)].map(([, word]) => word)
  const [, said] = /Default (true|false|-?\d+n?|[a-z][\w-]*)(?=[.:;,]| |$)/.exec(docOf(name)) ?? []
  if (said === undefined || (!/^(true|false|-?\d+n?)$/.test(said) && !words.includes(said))) return undefined
  return said
}

/** For each kind of value, by what the option expects: the values to try, the first of them to find out whether a socket takes the option. */
const KINDS_OF_VALUE = [
  [/^true or false$/, () => [true, false]],
  [/^a whole number.* from (-?\d+) to (-?\d+)/, (least, most) => between(Number(least), 12_345, Number(most))],
  // Microseconds count too; 5 is no multiple of a tick of 4 or 10.
  [/^a time in milliseconds from (\d+) to (\d+)/, (least, most) => between(Number(least), 5, Number(most))],
  [/^a BigInt from 0n to 2n \*\* 64n - 1n$/, () => between(0n, 12_345n, 2n ** 64n - 1n)],
  [/^one of ((?:'[\w-]+'(?:, )?)+)$/, (words) => words.match(/[\w-]+/g)],
  [/^an array of ((?:'[\w-]+'(?:, )?)+)$/, (words) => [...words.match(/[\w-]+/g).map((word) => [word]), []]],
]

const between = (least, some, most) => [...new Set([least, some < most ? some : most, most])]

/** The values to try, none if the option's are of another kind. */
function valuesOf({ expects }) {
  for (const [pattern, values] of KINDS_OF_VALUE) {
    const found = pattern.exec(expects)
    if (found !== null) return values(...found.slice(1))
  }
  return []
}

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

const isRefused = (answer) => typeof answer === 'object' && answer !== null && !Array.isArray(answer)
const words = (answer) => {
  if (isRefused(answer)) return `refused: ${answer.refused}`
  if (Array.isArray(answer)) return answer.length === 0 ? 'none' : answer.join(', ')
  return typeof answer === 'bigint' ? `${answer}n` : String(answer)
}

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
    const values = valuesOf(option)
    // A number that is read may be less than can be set: the least that can, or as it is.
    const other =
      typeof initial === 'boolean' ? !initial : values.includes(initial) || initial > values[0] ? initial : values[0]
    if (!isRefused(await after(kind, option, other))) return { kind, initial }
  }
  return undefined
}

async function rowOf(option) {
  const found = await kindFor(option)
  if (found === undefined) return undefined
  const { kind, initial } = found
  const said = saidDefault(option)
  const row = {
    name: option.name,
    kind,
    default: words(initial),
    agrees: said === undefined || said === words(initial),
  }
  if (typeof initial === 'boolean') return { ...row, most: words(await after(kind, option, !initial)), isFlag: true }
  const read = []
  for (const value of valuesOf(option)) read.push([words(value), words(await after(kind, option, value))])
  return { ...row, read }
}

const list = Object.values(table).filter(
  (option) => option.supported && option.readable && option.writable && valuesOf(option).length > 0,
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
    `Linux ${release().split('-')[0]}, as root in a new network namespace.`,
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
