import { createRequire } from 'node:module'
import { unsupported } from './errors.ts'

/** `0` where a call went well, else errno, the filter mode seen then, and whether the kernel was asked at all. */
export type Outcome = number

export interface NativeInterface {
  name: string
  index: number
  mtu: number
  mac: string
  flags: number
  addresses: { address: string; netmask: string; family: 4 | 6 }[]
}

export interface NativeBatch {
  duplicate(fd: number): number
  set(fd: number, level: number, name: number, codec: number, value: unknown, refuseAnySource: boolean): void
  get(fd: number, level: number, name: number, codec: number, question: unknown): void
  run(done: () => void): void
  outcome(place: number): Outcome
  answer(place: number): unknown
}

export interface NativeLookup {
  route(address: string): number
  run(done: () => void): void
  interfaces(): NativeInterface[]
  routes(): number[]
}

export interface Native {
  readonly constants: Readonly<Record<string, number>>
  readonly codecs: Readonly<Record<string, number>>
  readonly Batch: new () => NativeBatch
  readonly Lookup: new () => NativeLookup
  set(fd: number, level: number, name: number, codec: number, value: unknown, refuseAnySource: boolean): Outcome
  get(fd: number, level: number, name: number, codec: number, question: unknown): unknown
  encode(codec: number, value: unknown): Buffer
  decode(codec: number, bytes: Uint8Array): unknown
  kind(fd: number): number
  interfaces(): NativeInterface[]
  nameToIndex(name: string): number
  indexToName(index: number): string
}

const require = createRequire(import.meta.url)

function load(): Native {
  if (process.platform !== 'linux' && process.platform !== 'darwin') return absent()
  const paths = [`../prebuilds/${process.platform}-${process.arch}/sockctl.node`, '../build/Release/sockctl.node']
  const refusals: string[] = []
  for (const path of paths) {
    try {
      return require(path)
    } catch (error) {
      refusals.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error))
    }
  }
  throw new Error(`sockctl has no binary for this system; build one with: npm run build:native\n${refusals.join('\n')}`)
}

/** Elsewhere importing works, every option says `supported: false`, and every call answers `unsupported`. */
function absent(): Native {
  const refuse = (): never => {
    throw unsupported(`sockctl on ${process.platform}`)
  }
  const Refusing = class {
    constructor() {
      refuse()
    }
  } as new () => never
  return {
    constants: {},
    codecs: {},
    Batch: Refusing,
    Lookup: Refusing,
    set: refuse,
    get: refuse,
    encode: refuse,
    decode: refuse,
    kind: refuse,
    interfaces: refuse,
    nameToIndex: refuse,
    indexToName: refuse,
  }
}

export const native: Native = load()
