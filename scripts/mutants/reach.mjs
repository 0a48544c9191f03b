// Which test files reach a mutant, in the order in which they are run.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { includedBy } from './native-build.mjs'

/**
 * A function from a mutant to the test files that reach it, as many as run in `seconds`, and one at least. First comes
 * what killed others of the same source, as `history` tells, and then what is quick, reaches much of
 * that source and little besides.
 */
export function reachOf(measured, tree, history, seconds) {
  const sets = new Map()
  for (const { file, reached } of measured)
    for (const [source, numbers] of Object.entries(reached)) sets.set(`${file} ${source}`, new Set(numbers))
  const reachLib = ({ file, number }) => measured.filter((one) => sets.get(`${one.file} ${file}`)?.has(number))
  const files = new Set(measured.flatMap(({ lines }) => Object.keys(lines)))
  const users = new Map()
  /** A file without code of its own, such as one of constants, acts through those that include it. */
  const actsThrough = (file) => {
    if (files.has(file)) return [file]
    if (!users.has(file))
      users.set(
        file,
        [...files].filter((user) => includedBy(tree, user).has(file)),
      )
    return users.get(file)
  }
  const ran = ({ lines }, file) => Object.values(lines[file] ?? {}).some((times) => times > 0)
  const reachNative = ({ file, line }) => {
    if (measured.some(({ lines }) => lines[file]?.[line] !== undefined))
      return measured.filter(({ lines }) => lines[file]?.[line] > 0)
    const through = [...new Set([file, ...actsThrough(file)])]
    return measured.filter((one) => through.some((user) => ran(one, user)))
  }
  const linesRun = (lines) => Object.values(lines ?? {}).filter((times) => times > 0).length
  const sizeOf = (one, file) =>
    file.startsWith('lib/')
      ? (one.reached[file]?.length ?? 0)
      : actsThrough(file).reduce((sum, user) => sum + linesRun(one.lines[user]), 0)
  const sizes = new Map(
    measured.map((one) => {
      const native = Object.values(one.lines).reduce((sum, lines) => sum + linesRun(lines), 0)
      return [one.file, { lib: Object.values(one.reached).flat().length, native }]
    }),
  )
  // Each was measured with the start of its runner; many run with one start.
  const start = Math.min(...measured.map((one) => one.seconds))
  const timeOf = ({ seconds }) => Math.max(1, seconds - start)
  /** How much of a source a test file reaches, and how little besides, a second of its time. */
  const worthOf = (one, file) => {
    const { lib, native } = sizes.get(one.file)
    return sizeOf(one, file) ** 2 / Math.max(1, file.startsWith('lib/') ? lib : native) / timeOf(one)
  }
  return (mutant) => {
    const reaching = mutant.id === undefined ? reachNative(mutant) : reachLib(mutant)
    const rank = new Map(
      reaching.map((one) => [one, { kills: history.killsOf(mutant.file, one.file), worth: worthOf(one, mutant.file) }]),
    )
    const compare = (one, other) =>
      rank.get(other).kills - rank.get(one).kills || rank.get(other).worth - rank.get(one).worth
    let spent = 0
    return [...reaching].sort(compare).filter((one, index) => {
      spent += timeOf(one)
      return index === 0 || spent <= seconds
    })
  }
}

/** How many mutants of a source file each test file has killed, over all runs. */
export function openHistory(path) {
  const kills = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  return {
    killsOf: (source, test) => kills[source]?.[test] ?? 0,
    add(source, test) {
      kills[source] ??= {}
      kills[source][test] = (kills[source][test] ?? 0) + 1
      writeFileSync(path, JSON.stringify(kills))
    },
  }
}
