// How the subcommands write numbers, rates and times.
import { expect, it } from 'vitest'
import { ago, bitrate, scaled, signedTime, sparkline } from '../../lib/cli/shell/units.ts'

it.each([
  [0, '0'],
  [7, '7'],
  [999, '999'],
  [2.5, '2.50'],
  [9.994, '9.99'],
  [9.995, '10.0'],
  [99.94, '99.9'],
  [99.95, '100'],
  [-2.5, '-2.50'],
  [999.5, '1.00k'],
  [1000, '1.00k'],
  [12_340, '12.3k'],
  [123_400, '123k'],
  [2_000_000, '2.00M'],
  [3e9, '3.00G'],
  [4e12, '4000G'],
])('writes %d in three digits and a multiple: %s', (value, text) => expect(scaled(value)).toBe(text))

it.each([
  [0, '0 bit/s'],
  [800, '800 bit/s'],
  [2_130_000, '2.13 Mbit/s'],
])('writes a rate of %d bits a second with the multiple beside the unit: %s', (bits, text) =>
  expect(bitrate(bits)).toBe(text),
)

it.each([
  [999, 'now'],
  [1000, '1 s'],
  [119_999, '119 s'],
  [120_000, '2 min'],
  [7_199_999, '119 min'],
  [7_200_000, '2 h'],
])('writes a time %d ms ago in the unit that suits it: %s', (milliseconds, text) =>
  expect(ago(milliseconds)).toBe(text),
)

it.each([
  [0n, '+0.000 µs'],
  [999_999n, '+999.999 µs'],
  [-1_000_000n, '-1.000 ms'],
  [999_999_000n, '+999.999 ms'],
  [-1_500_000_000n, '-1.500 s'],
])('writes a difference of %d ns with its sign: %s', (nanoseconds, text) => expect(signedTime(nanoseconds)).toBe(text))

it('compares values with the largest of them, and writes nothing for 0', () => {
  expect(sparkline([0, 1, 4, 8])).toBe(' ▂▅█')
  expect(sparkline([0, 0])).toBe('  ')
})
