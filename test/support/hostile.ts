// Arguments that turn hostile in one place: values that change while they are read, throw, detach memory or close what
// they are given to.
import { inspect } from 'node:util'
import { SocketOptionError } from 'sockctl'
import { type Arbitrary, fc } from './property.ts'
import { anything } from './wrong-values.ts'

/** The error of hostile code itself, which a call may pass on as it is. */
export const BAIT = new Error('thrown by a hostile value')
const bait = (): never => {
  throw BAIT
}

/** An array or an object of the arguments, and one of its keys. */
interface Place {
  readonly holder: Record<PropertyKey, unknown>
  readonly key: string
}

// Options and codecs are the library's own objects, which other tests use too.
const isPlain = (value: unknown): value is Record<PropertyKey, unknown> =>
  Array.isArray(value) ||
  (typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype &&
    !('expects' in value) &&
    !('readable' in value))

/** Every place in the arguments, at every depth. */
function placesIn(holder: Record<PropertyKey, unknown>): Place[] {
  return Object.keys(holder).flatMap((key) => {
    const value = holder[key]
    return [{ holder, key }, ...(isPlain(value) ? placesIn(value) : [])]
  })
}

/** Every byte array in the arguments, at every depth. */
function buffersIn(holder: Record<PropertyKey, unknown>): ArrayBuffer[] {
  return Object.values(holder).flatMap((value) => {
    if (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer) return [value.buffer]
    return isPlain(value) ? buffersIn(value) : []
  })
}

/** What a hostile value can reach besides the arguments. */
export interface Victim {
  close?(): unknown
}

interface Choice {
  /** Which place is hostile. */
  readonly place: number
  readonly attack: Attack
  /** How often the place is read before the attack begins. */
  readonly after: number
  /** Makes the value; each run needs its own, since an attack may change it. */
  readonly value: () => unknown
}

type Act = (place: Place, choice: Choice, buffers: readonly ArrayBuffer[], victim: Victim) => void

/** The place as a getter, whose answers from the read `after` on are those of `then`. */
function onRead({ holder, key }: Place, after: number, then: (original: unknown) => unknown): void {
  const original = holder[key]
  let reads = 0
  const get = () => (reads++ < after ? original : then(original))
  Object.defineProperty(holder, key, { get, enumerable: true, configurable: true })
}

/** A Proxy whose traps work until `after` of them have run, then answer by `then`. */
function trapped(target: object, after: number, then: (trap: () => unknown) => unknown): object {
  let runs = 0
  const names = Object.getOwnPropertyNames(Reflect) as (keyof ProxyHandler<object>)[]
  const trap = (name: keyof ProxyHandler<object>) => {
    const act = Reflect[name] as (...args: unknown[]) => unknown
    return (...args: unknown[]) => (runs++ < after ? act(...args) : then(() => act(...args)))
  }
  return new Proxy(target, Object.fromEntries(names.map((name) => [name, trap(name)])))
}

const objectOr = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

function detach(buffers: readonly ArrayBuffer[]): void {
  for (const buffer of buffers) if (buffer.byteLength > 0) structuredClone(buffer, { transfer: [buffer] })
}

const attacks = {
  replaced: ({ holder, key }, { value }) => {
    holder[key] = value()
  },
  removed: ({ holder, key }) => {
    delete holder[key]
  },
  'a getter that changes': (place, { after, value }) => onRead(place, after, value),
  'a getter that throws': (place, { after }) => onRead(place, after, bait),
  'a getter that detaches': (place, { after }, buffers) =>
    onRead(place, after, (original) => {
      detach(buffers)
      return original
    }),
  'a getter that closes': (place, { after }, _, victim) =>
    onRead(place, after, (original) => {
      victim.close?.()
      return original
    }),
  'a proxy that throws': ({ holder, key }, { after }) => {
    holder[key] = trapped(objectOr(holder[key]), after, bait)
  },
  'a proxy that detaches': ({ holder, key }, { after }, buffers) => {
    holder[key] = trapped(objectOr(holder[key]), after, (act) => {
      detach(buffers)
      return act()
    })
  },
  'a proxy that closes': ({ holder, key }, { after }, _, victim) => {
    holder[key] = trapped(objectOr(holder[key]), after, (act) => {
      victim.close?.()
      return act()
    })
  },
  'a revoked proxy': ({ holder, key }) => {
    const { proxy, revoke } = Proxy.revocable(objectOr(holder[key]), {})
    revoke()
    holder[key] = proxy
  },
  'a thenable': ({ holder, key }) => {
    // biome-ignore lint/suspicious/noThenProperty: a promise that never settles
    holder[key] = Object.assign(objectOr(holder[key]), { then() {} })
  },
} satisfies Record<string, Act>

type Attack = keyof typeof attacks

/** Bytes that are not what they were, or never were bytes; made anew each time. */
const strangeBytes: readonly (() => unknown)[] = [
  () => {
    const bytes = new Uint8Array(64)
    detach([bytes.buffer])
    return bytes
  },
  () => new Uint8Array(new SharedArrayBuffer(64)),
  () => new Float64Array(3),
  () => new DataView(new ArrayBuffer(10), 3),
  () => Object.defineProperty(new Uint8Array(4), 'length', { value: 2 ** 31 }),
  () => Object.defineProperty(new Uint8Array(4), 'byteLength', { get: bait }),
  () => Object.setPrototypeOf({}, Uint8Array.prototype),
  () => Object.setPrototypeOf(new Uint8Array(4), null),
  () => new Uint8Array(70_000),
  () => [1, 2, 3],
  ...resizable(),
]

/** Views of buffers that have shrunk below them or grow with them, if this Node has such buffers. */
function resizable(): (() => unknown)[] {
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize?(length: number): void }
  const make = () => new Resizable(64, { maxByteLength: 4096 })
  if (make().resize === undefined) return []
  return [10, 0, 4096].flatMap((length) =>
    [[], [16, 32]].map(([offset, size]) => () => {
      const buffer = make()
      const view = new Uint8Array(buffer, offset, size)
      buffer.resize?.(length)
      return view
    }),
  )
}

const printed = (make: () => unknown, text: string) => Object.assign(make, { [fc.toStringMethod]: () => text })

const strange: Arbitrary<() => unknown> = fc.oneof(
  { weight: 3, arbitrary: anything.map((value) => printed(() => value, fc.stringify(value))) },
  { weight: 1, arbitrary: fc.constantFrom(...strangeBytes) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('toString', 'valueOf', Symbol.toPrimitive, Symbol.iterator, 'length', Symbol.toStringTag)
      .map((name) => printed(() => Object.defineProperty({}, name, { get: bait }), `throwing ${String(name)}`)),
  },
)

export const choices: Arbitrary<Choice> = fc.record({
  place: fc.nat(1000),
  attack: fc.constantFrom(...(Object.keys(attacks) as Attack[])),
  after: fc.nat(6),
  value: strange,
})

/** Makes one place of the arguments hostile. */
export function spoil(args: unknown[], choice: Choice, victim: Victim): void {
  const holder = args as unknown as Record<PropertyKey, unknown>
  const places = placesIn(holder)
  const place = places[choice.place % places.length]
  if (place === undefined) throw new Error('there are no arguments to spoil')
  const act: Act = attacks[choice.attack]
  act(place, choice, buffersIn(holder), victim)
}

/** The language's own words if a revoked proxy is touched, or memory that is gone is iterated over. */
const LANGUAGE = /proxy that has been revoked|on a detached ArrayBuffer|out-of-bounds/

/** The error of a call that never settled. */
export const HANG = new Error('the call did not settle')

/**
 * Whether an error says what was wrong: the library's, one of Node's kind with a code, or what the hostile code threw.
 *
 * A getter may give another value once the first was found right (11 A 1). The native side then refuses the value without a
 * code.
 */
export function isTyped(error: unknown, { attack }: Choice): boolean {
  if (error === BAIT || error instanceof SocketOptionError) return true
  if (!(error instanceof Error) || error === HANG) return false
  if (attack === 'a getter that changes') return true
  const { code } = error as { code?: unknown }
  return (typeof code === 'string' && code.startsWith('ERR_')) || LANGUAGE.test(error.message)
}

export const describeError = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : inspect(error)
