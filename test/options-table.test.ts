import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { control, type Option, type SocketControl, SocketOptionError } from 'sockctl'
import * as options from 'sockctl/options'
import { expect, it } from 'vitest'
import { type OptionParts, partsOf } from '../lib/options/option.ts'
import { OF_MACOS } from './support/macos-options.ts'
import { describeInNamespace, hasRealRoot } from './support/namespace.ts'
import { openedTrials } from './support/opened-values.ts'
import { type Trial, trials } from './support/option-values.ts'
import { openKind } from './support/sockets.ts'

// biome-ignore lint/suspicious/noExplicitAny: whichever option of the table
type AnyOption = Option<any, any, any>

const everywhere = Object.entries(options) as [string, AnyOption][]
const elsewhere = new Set(Object.values(openedTrials).flatMap((trials) => Object.keys(trials)))
const onLinux = everywhere.filter(([, { systems }]) => systems.includes('linux'))
const table = onLinux.filter(([name]) => !elsewhere.has(name))
const named = (name: string): AnyOption => (options as Record<string, AnyOption>)[name] as AnyOption

function trialOf(name: string): Trial {
  const trial = trials[name]
  if (trial === undefined) throw new Error(`${name} has no test value: give it a line in test/support/option-values.ts`)
  return trial
}

/** The result of reading an option; for a refusal, its error. */
async function answer(socket: SocketControl, option: AnyOption, ask?: object): Promise<unknown> {
  try {
    return ask === undefined ? await socket.get(option) : await socket.get(option, ask)
  } catch (error) {
    if (!(error instanceof SocketOptionError)) throw error
    return { refused: error.reason }
  }
}

const CAPABILITY_BITS = { CAP_NET_ADMIN: 12n, CAP_NET_RAW: 13n }

/** True if this process has the capability that setting the option needs. */
function mayBeSet({ needs }: Trial): boolean {
  if (needs === undefined) return true
  if (needs.of === 'machine' && !hasRealRoot) return false
  const effective = /^CapEff:\s*([\da-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return (BigInt(`0x${effective}`) & (1n << CAPABILITY_BITS[needs.capability])) !== 0n
}

const numbers = (version: string): number => {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat)
  return major * 1000 + minor
}
const isOlderKernel = ({ since }: Trial): boolean => since !== undefined && numbers(release()) < numbers(since)

const wanted = (trial: Trial): unknown =>
  trial.doubled === true ? 2 * (trial.set as number) : 'reads' in trial ? trial.reads : trial.set

function how(option: AnyOption): string {
  const trial = trials[option.name]
  if (trial === undefined) return 'has a test value'
  if (isOlderKernel(trial)) return 'is unsupported here'
  if (trial.set === undefined) return 'is read, and refuses to be set'
  if (trial.refuses !== undefined) return `is read, and can't be set on ${trial.on}: ${trial.refuses}`
  if (trial.unseen === true) return 'is taken'
  const reads = trial.seenBy === undefined ? 'reads back' : `shows in ${trial.seenBy}`
  return trial.doubled === true ? `${reads} doubled` : `${reads} as set`
}

it('gives every option a name of its own, the one it is exported by', () => {
  expect(table.filter(([name, option]) => name !== option.name)).toEqual([])
})

it('tries no option that the table lacks', () => {
  expect(Object.keys(trials).filter((name) => !(name in options))).toEqual([])
})

it('says what each option takes, and that it can be read or set', () => {
  for (const [name, option] of table) {
    expect(option.expects, name).not.toBe('')
    expect(option.readable || option.writable, name).toBe(true)
  }
})

it('calls macOS a system of an option only if its C type is compiled there', () => {
  const codecs = ['common', 'darwin'].map(
    (list) =>
      readFileSync(new URL(`../native/codec/codecs_${list}.cc`, import.meta.url), 'utf8').split('kCodecs = {')[1] ?? '',
  )
  const portable = new Set([...codecs.join('').matchAll(/"(\w+)"/g)].map(([, name]) => name))
  expect(portable).toContain('int')
  const claimed = everywhere.map(([, option]) => partsOf(option)).filter(({ systems }) => systems.includes('darwin'))
  const typeOf = ({ codec: { read } }: OptionParts): string => (typeof read === 'string' ? read : read(undefined))
  const lacking = claimed.filter((option) => !portable.has(typeOf(option)))
  expect(lacking.map(({ name }) => name)).toEqual([])
})

it('calls macOS a system of the options that its headers have', () => {
  const claimed = everywhere.filter(([, option]) => partsOf(option).systems.includes('darwin')).map(([name]) => name)
  expect(claimed.sort()).toEqual([...OF_MACOS].sort())
})

it('names the capability that the kernel asks for', () => {
  for (const [name, { needs }] of Object.entries(trials))
    if (needs !== undefined) expect(named(name).needs, name).toContain(needs.capability)
})

it.runIf(process.platform === 'linux')('knows the level and the number of every option on Linux', () => {
  const unknown = onLinux.map(([, option]) => partsOf(option)).filter((one) => one.levelNumber < 0 || one.number < 0)
  expect(unknown.map(({ name, level }) => `${level} ${name}`)).toEqual([])
})

it.runIf(process.platform === 'linux')('says that Linux lacks what only macOS has', async () => {
  const others = everywhere.filter(([, { systems }]) => !systems.includes('linux'))
  expect(others.length).toBeGreaterThan(5)
  for (const [name, option] of others) {
    expect(option.supported, name).toBe(false)
    await expect(control(1).get(option)).rejects.toMatchObject({ reason: 'unsupported', option: name })
  }
})

it('takes of a number what fits the kernel’s int, and says so', () => {
  const { expects, codec } = partsOf(named('SO_BUSY_POLL'))
  expect(expects).toBe('a whole number of microseconds from 0 to 2147483647')
  expect([codec.wrong(2 ** 31 - 1), codec.wrong(2 ** 31)].map((wrong) => wrong === '' || wrong === false)).toEqual([
    true,
    false,
  ])
})

it('says which Linux brought an option as a version from 3.0 on', () => {
  const versions = everywhere.flatMap(([, { since }]) => since ?? [])
  expect(versions.filter((since) => !/^[3-9]\.\d+$/.test(since))).toEqual([])
})

describeInNamespace('an option of the table', () => {
  it.each(table.map(([name, option]) => [name, how(option), option] as const))('%s %s', async (name, _, option) => {
    const trial = trialOf(name)
    await using opened = await openKind(trial.on)
    const socket = control(opened.socket)

    expect(option.supported, `${name} is not among the addon's constants`).toBe(true)
    if (isOlderKernel(trial)) {
      const use = option.readable ? socket.get(option) : socket.set(option, trial.set)
      await expect(use).rejects.toMatchObject({ reason: 'unsupported', option: name })
      return
    }
    for (const [first, value] of trial.after ?? []) await socket.set(named(first), value)

    if (trial.unseen === true) {
      if (mayBeSet(trial)) await socket.set(option, trial.set)
      else await expect(socket.set(option, trial.set)).rejects.toMatchObject({ reason: 'permission', option: name })
      return
    }
    const seen = trial.seenBy === undefined ? option : named(trial.seenBy)
    const target = wanted(trial)
    const before = await answer(socket, seen, trial.ask)

    if (trial.set === undefined) {
      expect(option.writable, `${name} can be set, so it needs a value to set`).toBe(false)
      expect(before).toEqual(target)
      await expect(socket.set(option, before as never)).rejects.toMatchObject({ reason: 'bad-value', option: name })
      return
    }
    if (trial.refuses !== undefined) {
      expect(before).toEqual(target)
      await expect(socket.set(option, trial.set)).rejects.toMatchObject({ reason: trial.refuses, option: name })
      expect(await answer(socket, seen, trial.ask)).toEqual(target)
      return
    }
    expect(before, 'the value must differ from the one it has').not.toEqual(target)
    if (!mayBeSet(trial)) {
      await expect(socket.set(option, trial.set)).rejects.toMatchObject({ reason: 'permission', option: name })
      expect(await answer(socket, seen, trial.ask)).toEqual(before)
      return
    }
    await socket.set(option, trial.set)
    expect(await answer(socket, seen, trial.ask)).toEqual(target)
    if (trial.ask !== undefined) return
    expect(socket.getSync(seen)).toEqual(target)
  })

  const privileged = Object.entries(trials).filter(([, { needs }]) => needs !== undefined)

  it.each(privileged)('%s is refused to a process without its capability', async (name, trial) => {
    await using opened = await openKind(trial.on)
    const socket = control(opened.socket)
    const seen = trial.seenBy === undefined ? named(name) : named(trial.seenBy)
    const before = await answer(socket, seen, trial.ask)
    // The child has the socket as its descriptor 3, and is root without a single capability.
    const code = `
      import { control } from 'sockctl'
      import * as options from 'sockctl/options'
      const [name, value] = JSON.parse(process.argv[1])
      const told = await control(3).set(options[name], value).catch(({ code, reason, option, message }) =>
        ({ code, reason, option, message }))
      console.log(JSON.stringify(told ?? 'it was set'))`
    const child = spawnSync(
      'setpriv',
      [
        '--bounding-set=-all',
        '--inh-caps=-all',
        process.execPath,
        '--input-type=module',
        '--eval',
        code,
        '--',
        JSON.stringify([name, trial.set]),
      ],
      {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        stdio: ['ignore', 'pipe', 'pipe', socket.fd],
        encoding: 'utf8',
      },
    )
    expect(child.stderr).toBe('')
    expect(JSON.parse(child.stdout)).toMatchObject({
      reason: 'permission',
      option: name,
      message: expect.stringContaining(trial.needs?.capability ?? ''),
    })
    expect(await answer(socket, seen, trial.ask)).toEqual(before)
  })
})
