// Holds the order of rooms: what a file may import of lib, and include of native.
import { describe, expect, it } from 'vitest'
import { circles, type Imports, importsOfLib, includesOfNative } from './support/imports.ts'

const LIB =
  'base binding net protocols kernel options calls datagram control socket receive send services index.ts cli'.split(
    ' ',
  )
// Each native room stands where the room of lib does that it serves: host serves net, codec serves options.
const NATIVE = 'base host codec calls datagram socket addon'.split(' ')

/** Pure functions: they load no addon. */
const PURE = /^lib\/(protocols\/|kernel\/|net\/(address|group|well-known-groups|protocol-numbers)\.ts)/

/** What a command may import besides its own room. */
const PUBLIC = /^lib\/(index\.ts|options\/index\.ts|services\/)/

/** What commands take from inside, until the public face has it. This list only shrinks. */
const TAKEN_FROM_INSIDE: Readonly<Record<string, readonly string[]>> = {
  'commands/doctor/choose-interface.ts': ['net/route-lookup.ts'],
  'commands/doctor/observe.ts': ['net/route-lookup.ts'],
  'commands/groups/host-groups.ts': ['calls/source-hold.ts'],
  'commands/options/find.ts': ['options/option.ts'],
  'commands/options/options.ts': ['options/option.ts'],
  'commands/options/option-socket.ts': ['options/option.ts'],
  'commands/options/value.ts': ['options/option.ts'],
  'commands/receive/plan.ts': ['socket/socket-spec.ts'],
  'commands/script/script-socket.ts': ['calls/bind-socket.ts', 'datagram/send-datagram.ts', 'net/socket-address.ts'],
  'shell/host.ts': ['net/resolve-host.ts'],
  'shell/interface-option.ts': ['net/interfaces.ts'],
}

const lib = importsOfLib()
const native = includesOfNative()

/** The folder a file is in; the files of the addon itself lie beside the folders. */
const roomOf = (file: string): string => file.split('/')[1]?.replace(/^addon(_\w+)?\.\w+$/, 'addon') ?? ''
const edges = (imports: Imports): [file: string, imported: string][] =>
  [...imports].flatMap(([file, all]) => all.map((one): [string, string] => [file, one]))

describe.each([
  { folder: 'lib', imports: lib, rooms: LIB },
  { folder: 'native', imports: native, rooms: NATIVE },
])('$folder', ({ folder, imports, rooms }) => {
  it('has each file in a room', () => {
    const outside = [...imports.keys()].filter((file) => !rooms.includes(roomOf(file)))
    expect(outside, `the rooms of ${folder}/ are ${rooms.join(', ')}`).toEqual([])
  })

  it('imports of a room only the room itself and those before it', () => {
    const against = edges(imports).filter(([file, one]) => rooms.indexOf(roomOf(one)) > rooms.indexOf(roomOf(file)))
    expect(told(against), `a room may import those before it: ${rooms.join(', ')}`).toEqual([])
  })

  it('goes round in no circle', () => expect(circles(imports)).toEqual([]))
})

const told = (found: readonly [string, string][]): string[] => found.map(([file, one]) => `${file} imports ${one}`)

it('keeps pure what is pure', () => {
  const impure = edges(lib).filter(([file, one]) => PURE.test(file) && !PURE.test(one) && roomOf(one) !== 'base')
  expect(told(impure), 'these modules may import base/ and one another').toEqual([])
})

it('lets commands take the public face, what is pure, and what is listed here', () => {
  const inside = edges(lib).filter(
    ([file, one]) => roomOf(file) === 'cli' && roomOf(one) !== 'cli' && !PUBLIC.test(one) && !PURE.test(one),
  )
  expect(told(inside.filter(([, one]) => roomOf(one) === 'binding')), 'a command never loads the addon').toEqual([])
  const listed = Object.entries(TAKEN_FROM_INSIDE).flatMap(([file, all]) =>
    all.map((one): [string, string] => [`lib/cli/${file}`, `lib/${one}`]),
  )
  // A line too many is as wrong as one too few: what is no longer taken leaves the list.
  expect(told(inside).sort(), 'what commands take from inside is TAKEN_FROM_INSIDE').toEqual(told(listed).sort())
})
