// How much a socket of a receiver takes, learned from what the kernel refuses.

/** How many groups a socket takes, or how many sources of a group. All sockets of a receiver share it. */
export interface SocketRoom {
  /** How many to ask of one socket. */
  readonly most: number
  /** Whether the kernel is known to take no more than `most`. */
  readonly isExact: boolean
  /** The kernel has taken so many on one socket. */
  took(count: number): void
  /** The kernel refused one more. On the first socket the program may have joined groups by itself, which count too. */
  refused(onFirstSocket: boolean): void
}

/** The next socket is asked for so many more than the first took, to learn whether its limit is the same. */
const STEP = 4

/** The first guess is a little more than the default of the limit. Each guess that proves right is doubled. */
export function createSocketRoom(firstGuess: number): SocketRoom {
  let taken = 0
  let takenAtRefusal: number | undefined
  let isExact = false
  return {
    get most() {
      if (isExact) return taken
      if (takenAtRefusal === undefined) return Math.max(firstGuess, 2 * taken)
      return taken + Math.max(STEP, 2 * (taken - takenAtRefusal))
    },
    get isExact() {
      return isExact
    },
    took: (count) => {
      taken = Math.max(taken, count)
    },
    refused: (onFirstSocket) => {
      takenAtRefusal ??= taken
      isExact ||= !onFirstSocket && taken > 0
    },
  }
}
