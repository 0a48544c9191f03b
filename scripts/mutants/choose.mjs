// Chooses the mutants to try: a sample of each room by a seed, all of a file, or those that once survived.
import { keyOf } from './mutant.mjs'
import { drawn } from './sample.mjs'

/** Native rooms and those of lib/; `calls` stands for lib/calls. */
const namesRoom = (name, room) => room === name || room === `lib/${name}` || room.startsWith(`${name}/`)

/** What belongs to no room: index.ts passes on names, addon.cc too, and a test of each name holds them. */
const isInRoom = ({ room }) => !/\.(ts|cc)$/.test(room)

/**
 * Of each room, in the order asked for, `{ mutants, wanted }`: candidates in the order in which they are tried, until so
 * many say something.
 */
export function chooseMutants(all, { seed, perRoom, rooms, file, survivors }) {
  if (survivors !== undefined) return chooseAgain(all, survivors)
  const inRooms = all.filter(isInRoom)
  const chosen = inRooms.filter(
    (mutant) =>
      (rooms === undefined || rooms.some((name) => namesRoom(name, mutant.room))) &&
      (file === undefined || mutant.file === file),
  )
  if (chosen.length === 0)
    throw new Error(`No mutants of ${file ?? rooms}. The rooms are ${[...new Set(inRooms.map(({ room }) => room))]}.`)
  const asked = (room) => rooms?.findIndex((name) => namesRoom(name, room)) ?? 0
  const names = [...new Set(chosen.map(({ room }) => room))].sort((one, other) => asked(one) - asked(other))
  return names.map((room) => ({
    room,
    wanted: perRoom,
    mutants: drawn(
      chosen.filter((mutant) => mutant.room === room),
      seed,
    ),
  }))
}

function chooseAgain(all, survivors) {
  const missed = survivors.filter(({ outcome }) => outcome === 'survived' || outcome === 'not covered')
  const keys = new Set(missed.map(keyOf))
  const mutants = all.filter((mutant) => keys.delete(keyOf(mutant)))
  if (keys.size > 0) console.log(`${keys.size} of ${missed.length} survivors are gone with the lines they changed`)
  return [{ room: 'survivors', wanted: mutants.length, mutants }]
}

/** The candidates one after the other, each with `settle(result)`: one that says nothing gives way to a further one. */
export function* takeTurns(rooms, saysSomething) {
  for (const { wanted, mutants } of rooms) {
    let counted = 0
    for (const mutant of mutants) {
      if (counted === wanted) break
      counted++
      const settle = (result) => {
        if (!saysSomething(result)) counted--
      }
      yield { mutant, settle }
    }
  }
}
