// Tells what became of the mutants: a table by room, and each that no test noticed.
import { told } from './mutant.mjs'

/** Outcomes that say of the tests how good they are. */
const SCORED = ['killed', 'timed out', 'survived', 'not covered']

export const isScored = ({ outcome }) => SCORED.includes(outcome)

const count = (results, ...outcomes) => results.filter(({ outcome }) => outcomes.includes(outcome)).length

/** Time-outs are among the killed, mutants that no test reaches among the survivors. */
function figuresOf(results) {
  const mutants = count(results, ...SCORED)
  const killed = count(results, 'killed', 'timed out')
  return {
    mutants,
    killed,
    timeouts: count(results, 'timed out'),
    survived: count(results, 'survived', 'not covered'),
    notCovered: count(results, 'not covered'),
    equivalent: count(results, 'equivalent'),
    score: mutants === 0 ? null : Math.round((1000 * killed) / mutants) / 10,
  }
}

const roomsOf = (results) => [...new Set(results.map(({ room }) => room))].sort()

const figuresByRoom = (results) =>
  roomsOf(results).map((name) => ({ room: name, ...figuresOf(results.filter(({ room }) => room === name)) }))

/** What a JSON file keeps. */
export const summary = (results) => ({
  rooms: figuresByRoom(results),
  mutants: results.filter((result) => isScored(result) || result.outcome === 'equivalent'),
})

/** The same for the docs: the figures, and of the mutants those that need somebody's eye. */
export const figures = (results) => ({
  rooms: figuresByRoom(results),
  mutants: results
    .filter(({ outcome }) => outcome !== 'killed' && [...SCORED, 'equivalent'].includes(outcome))
    .map(({ file, line, kind, before, after, outcome, reason, by }) => ({
      file,
      line,
      kind,
      before,
      after,
      outcome,
      reason,
      by,
    })),
})

export function table(results) {
  const rows = [...figuresByRoom(results), { room: 'all', ...figuresOf(results) }].map((figures) =>
    Object.values(figures).map((figure) => `${figure ?? '-'}`),
  )
  const heads = ['room', 'mutants', 'killed', '(time-outs)', 'survivors', '(not covered)', 'equivalent', 'score %']
  const widths = heads.map((_, column) => Math.max(...[heads, ...rows].map((row) => row[column].length)))
  const line = ([room, ...figures]) =>
    [room.padEnd(widths[0]), ...figures.map((figure, column) => figure.padStart(widths[column + 1]))].join('  ')
  return [heads, ...rows].map(line).join('\n')
}

/** The mutants that need somebody's eye. */
export function lists(results) {
  const section = (title, outcome) => {
    const found = results.filter((result) => result.outcome === outcome)
    return found.length === 0 ? [] : ['', `${title}:`, ...found.map((mutant) => `  ${told(mutant)}`)]
  }
  return [
    ...section('Survivors', 'survived'),
    ...section('Survivors that no test reaches', 'not covered'),
    ...section('Killed by time-out alone, with no word of what is wrong', 'timed out'),
  ].join('\n')
}
