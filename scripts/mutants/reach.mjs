// Which test files reach a mutant, in the order in which they are run.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { includedBy } from './native-build.mjs'

/** A function from a mutant to the test files that reach it. `history` puts first what killed others of its file. */
export function reachOf(measured, tree, history) {
  const sets = new Map()
  for (const { file, reached } of measured)
    for (const [source, numbers] of Object.entries(reached)) sets.set(`${file} ${source}`, new Set(numbers))
  const reachLib = ({ file, number }) => measured.filter((one) => sets.get(`${one.file} ${file}`)?.has(number))
  const ran = ({ lines }, file) => Object.values(lines[file] ?? {}).some((times) => times > 0)
  const reachNative = ({ file, line }) => {
    if (measured.some(({ lines }) => lines[file]?.[line] !== undefined))
      return measured.filter(({ lines }) => lines[file]?.[line] > 0)
    // A line without code of its own, such as a constant, acts through its file and through what includes it.
    const files = new Set(measured.flatMap(({ lines }) => Object.keys(lines)))
    const users = [...files].filter((user) => user === file || includedBy(tree, user).has(file))
    return measured.filter((one) => users.some((user) => ran(one, user)))
  }
  return (mutant) => {
    const reaching = mutant.id === undefined ? reachNative(mutant) : reachLib(mutant)
    const kills = ({ file }) => history.killsOf(mutant.file, file)
    return [...reaching].sort((one, other) => kills(other) - kills(one) || one.seconds - other.seconds)
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
