// Questions that lib answers in one module only, so that no second answer grows beside it.

import { readdirSync, readFileSync } from 'node:fs'
import { control } from 'sockctl'
import { expect, it } from 'vitest'

const LIB = new URL('../lib/', import.meta.url)
const sources = readdirSync(LIB, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.ts'))

/** `file: line` of each line of code that the pattern matches, comments and some files left out. */
function linesWith(pattern: RegExp, ...but: readonly string[]): string[] {
  return sources
    .filter((file) => !but.includes(file))
    .flatMap((file) =>
      readFileSync(new URL(file, LIB), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line) && pattern.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
}

it('the number of an errno comes from node:os, since it differs between systems', () => {
  expect([
    ...linesWith(/\bE[A-Z0-9]{3,}['"]?\s*(:|===?|!==)\s*-?\d/),
    ...linesWith(/errno.*(?<![\w.])\d{2,}(?!\w)/i),
  ]).toEqual([])
})

it('kernelError alone puts the name and the text of an errno into a message', () => {
  expect(linesWith(/\(\$\{\w*[cC]ode\}: /, 'base/errors.ts')).toEqual([])
  expect(linesWith(/getSystemErrorMap|getSystemErrorName/, 'base/errors.ts')).toEqual([])
})

it('isIpv6, withoutZone and zoneOf alone look for a colon or a zone in the text of an address', () => {
  expect(linesWith(/includes\(':'\)|(split|indexOf|includes)\('%'/, 'net/address.ts')).toEqual([])
})

it('the byte order of the machine is found out in one module', () => {
  expect(linesWith(/endianness|new Uint8Array\((new )?Uint(16|32)Array\.of/, 'base/byte-order.ts')).toEqual([])
})

it('whole alone says what a whole number in a range is', () => {
  const elsewhere = linesWith(/isInteger|a whole number/, 'base/check-fields.ts')
  // These two read a number from text that a person or another host wrote.
  expect(elsewhere.filter((line) => !/^(cli\/shell\/|protocols\/sdp)/.test(line))).toEqual([])
})

it('wrongType alone makes a TypeError, so that every one has the code that Node gives', () => {
  expect(linesWith(/new TypeError\(/, 'base/errors.ts')).toEqual([])
  const c = control(0)
  const wrong = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
  expect(() => c.getSync(undefined as never)).toThrow(wrong)
  expect(() => control(null as never)).toThrow(wrong)
  return expect(c.join(null as never)).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
    message: '{ group, source?, interface? } is needed, not null',
  })
})
