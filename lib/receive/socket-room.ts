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

/** More than the defaults of most limits, and few enough that refusals cost little. */
const FIRST_GUESS = 32

export function createSocketRoom(): SocketRoom {
  let taken = 0
  let refusedOnce = false
  let isExact = false
  return {
    get most() {
      if (isExact) return taken
      return refusedOnce ? taken + FIRST_GUESS : Math.max(FIRST_GUESS, 2 * taken)
    },
    get isExact() {
      return isExact
    },
    took: (count) => {
      taken = Math.max(taken, count)
    },
    refused: (onFirstSocket) => {
      refusedOnce = true
      isExact ||= !onFirstSocket && taken > 0
    },
  }
}
