// The clock of an RTP payload: by its static payload type, or estimated from timestamps against arrival.

/** Where a clock rate comes from. */
export type ClockSource = 'given' | 'payload-type' | 'estimated'

/** Ticks a second of a payload's clock, and where the number comes from. */
export interface RtpClock {
  readonly rate: number
  readonly source: ClockSource
}

/** The static payload types of RFC 3551 6. MP3's and MPEG's are 90,000. */
const STATIC_RATES: Partial<Record<number, number>> = {
  ...Object.fromEntries([0, 3, 4, 5, 7, 8, 9, 12, 13, 15, 18].map((type) => [type, 8000])),
  ...Object.fromEntries([14, 25, 26, 28, 31, 32, 33, 34].map((type) => [type, 90_000])),
  6: 16_000,
  10: 44_100,
  11: 44_100,
  16: 11_025,
  17: 22_050,
}

/** The clock of a static payload type. */
export function staticClock(payloadType: number): RtpClock | undefined {
  const rate = STATIC_RATES[payloadType]
  return rate === undefined ? undefined : { rate, source: 'payload-type' }
}

/** The rates that payload formats have, in rising order. */
const USUAL_RATES = [
  8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200, 90_000, 96_000, 128_000,
  176_400, 192_000, 384_000,
]
/** In seconds: how long to look before the first estimate, and before one that is no usual rate. */
const FIRST_LOOK = 1
const LONG_LOOK = 8
/** How far an estimate may be from a usual rate: less than half of what lies between 88,200 and 90,000. */
const TOLERANCE = 0.008
/** How far two estimates in a row may be apart; else the estimate begins anew: many senders begin with a burst. */
const STEADY = 0.02
/** How large the standard error of an estimate may be, against the estimate. */
const MAX_ERROR = 0.004
const MIN_SAMPLES = 16

/** The slope of a line through all points given so far, with its standard error. */
function createSlope(): { add(x: number, y: number): void; value(): number; error(): number; readonly points: number } {
  let points = 0
  const mean = { x: 0, y: 0 }
  let xx = 0
  let xy = 0
  let yy = 0
  return {
    add(x, y) {
      points++
      const dx = x - mean.x
      mean.x += dx / points
      const dy = y - mean.y
      mean.y += dy / points
      xx += dx * (x - mean.x)
      xy += dx * (y - mean.y)
      yy += dy * (y - mean.y)
    },
    value: () => xy / xx,
    error: () => Math.sqrt(Math.max(0, yy - (xy * xy) / xx) / (points - 2) / xx),
    get points() {
      return points
    },
  }
}

/**
 * Estimates the clock of one payload: the slope of timestamps against arrival. Of the packets of a frame, which have one
 * timestamp, the first counts. Timestamps that go back, as those of video with frames that point ahead do, even out.
 */
export function createClockEstimator(): {
  /** @param arrival in seconds. Gives the clock as soon as it is known. */
  add(timestamp: number, arrival: number): RtpClock | undefined
} {
  let first: number | undefined
  let last = 0
  let ticks = 0
  let slope = createSlope()
  let look = FIRST_LOOK
  let before: number | undefined

  const begin = (timestamp: number, arrival: number): void => {
    first = arrival
    last = timestamp
    ticks = 0
    slope = createSlope()
    slope.add(0, 0)
    before = undefined
  }

  return {
    add(timestamp, arrival) {
      if (first === undefined) begin(timestamp, arrival)
      const ahead = (timestamp - last) | 0
      const seconds = arrival - (first ?? arrival)
      if (ahead === 0) return undefined
      ticks += ahead
      last = timestamp
      slope.add(seconds, ticks)
      if (seconds < look || slope.points < MIN_SAMPLES) return undefined
      const estimate = slope.value()
      const known = before
      if (known !== undefined && Math.abs(estimate / known - 1) > STEADY) {
        begin(timestamp, arrival)
        look = seconds
        return undefined
      }
      before = estimate
      look = seconds * 1.25
      const usual = USUAL_RATES.find((rate) => Math.abs(estimate / rate - 1) < TOLERANCE)
      const isKnown = known !== undefined && estimate >= 1 && slope.error() < estimate * MAX_ERROR
      if (!isKnown || (usual === undefined && seconds < LONG_LOOK)) return undefined
      return { rate: usual ?? Math.round(estimate), source: 'estimated' }
    },
  }
}
