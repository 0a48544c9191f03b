// The timer of an option such as --duration, which may not be given.

/** Calls `act` after so many milliseconds; never if none are given. */
export const startTimer = (milliseconds: number | undefined, act: () => void): NodeJS.Timeout | undefined =>
  milliseconds === undefined ? undefined : setTimeout(act, milliseconds)
