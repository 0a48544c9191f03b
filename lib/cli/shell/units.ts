// Numbers, times and rates as people read them.

/** A number in three digits and a decimal multiple: `12.3k`. */
export function scaled(value: number): string {
  let rest = value
  for (const multiple of ['', 'k', 'M', 'G']) {
    if (Math.abs(rest) < 999.5 || multiple === 'G') {
      const digits = multiple === '' && Number.isInteger(rest) ? 0 : rest < 9.995 ? 2 : rest < 99.95 ? 1 : 0
      return `${rest.toFixed(digits)}${multiple}`
    }
    rest /= 1000
  }
  return String(value)
}

/** `1 datagram`, `2 datagrams`; `1 query`, `2 queries` if the plural is given. */
export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** `2.13 Mbit/s` */
export const bitrate = (bits: number): string => scaled(bits).replace(/^([\d.]+)([kMG]?)$/, '$1 $2bit/s')

export const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** A time ago, in the unit that suits it: `now`, `90 s`, `5 min`, `3 h`. */
export function ago(milliseconds: number): string {
  if (milliseconds < 1000) return 'now'
  const whole = Math.floor(milliseconds / 1000)
  return whole < 120 ? `${whole} s` : whole < 7200 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`
}

const BARS = '▁▂▃▄▅▆▇█'

/** A line of bars whose heights compare the values with the largest of them; a value of 0 is a space. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(1e-9, ...values)
  return values.map((value) => (value <= 0 ? ' ' : (BARS[Math.min(7, Math.floor((value / most) * 8))] ?? ' '))).join('')
}

/** A difference in nanoseconds as text, in the unit that suits it: `+1.234 ms`. */
export function signedTime(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const [divisor, unit] = size < 1_000_000n ? [1e3, 'µs'] : size < 1_000_000_000n ? [1e6, 'ms'] : [1e9, 's']
  return `${nanoseconds < 0n ? '-' : '+'}${(Number(size) / Number(divisor)).toFixed(3)} ${unit}`
}

/** The time of day of a time since 1970, in the local time zone: `12:34:56.789012`. */
export function clockTime(nanoseconds: bigint): string {
  const time = new Date(Number(nanoseconds / 1_000_000n))
  const [clock = ''] = time.toTimeString().split(' ')
  return `${clock}.${String(nanoseconds % 1_000_000_000n)
    .padStart(9, '0')
    .slice(0, 6)}`
}
