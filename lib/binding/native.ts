// The addon and its types.
import { SocketOptionError } from '../base/errors.ts'
import { type Loaded, load } from './load.ts'

/** The filter mode of a socket's membership; `none`: not a member, or a system that can't be asked. */
export type FilterMode = 'none' | 'include' | 'exclude'

/** 0 if a call went well; `readOutcome` says what else the number holds. */
export type Outcome = number

/** What an outcome other than 0 holds: `Failed` and `Refused` of native/calls/call.cc pack the number. */
export function readOutcome(outcome: Outcome): { errno: number; filterMode: FilterMode; kernelWasAsked: boolean } {
  const modeNumber = (outcome >> 12) & 3
  const modes = Object.keys(native.filterModes) as FilterMode[]
  return {
    errno: outcome & 0xfff,
    filterMode: modes.find((mode) => native.filterModes[mode] === modeNumber) ?? 'none',
    kernelWasAsked: (outcome & 0x4000) === 0,
  }
}

/** An option whose level, number and C type were checked once. */
export interface NativeOption {
  /** A batch is told by this number which option a call is of. */
  readonly index: number
  /** `undefined` if the call went well. */
  set(fd: number, value: unknown): Outcome | undefined
  /** Throws an outcome. */
  get(fd: number, question?: unknown): unknown
}

export interface NativeInterface {
  name: string
  index: number
  mtu: number
  mac: string
  flags: number
  addresses: { address: string; netmask: string; family: 4 | 6 }[]
}

export interface NativeBatch {
  /** Throws an errno, a number. */
  duplicate(fd: number): number
  /** Makes a duplicate of another batch this batch's own. */
  take(from: NativeBatch, fd: number): void
  set(fd: number, optionIndex: number, value: unknown): void
  get(fd: number, optionIndex: number, question?: unknown): void
  run(done: () => void): void
  /** In the order in which the calls were added. */
  outcomes(): Int32Array
  answer(callNumber: number): unknown
  /** Makes the batch ready for other calls. */
  clear(): void
}

export interface NativeLookup {
  route(address: string): number
  run(done: () => void): void
  interfaces(): NativeInterface[]
  routes(): number[]
}

/** Questions to rtnetlink(7), asked on a worker thread. Linux only. */
export interface NativeNetlinkQuestions {
  add(request: Uint8Array): void
  run(done: () => void): void
  /** The datagrams of all answers, in the order of the requests. Throws an errno, a number. */
  answers(): Buffer[]
}

/** Owns a descriptor until it is released; its end closes it. */
export interface NativeSocket {
  /** -1 if it owns none. */
  readonly fd: number
  open(family: number, type: number, protocol: number): Errno
  /** Takes an open descriptor over; EBUSY if another NativeSocket has it. The descriptor stays as it was if that fails. */
  adopt(fd: number): Errno
  /** Takes a connection that waits at a listening socket; EAGAIN if none waits. */
  accept(listening: number): Errno
  release(): number
  close(done: () => void): void
}

/** 0 if a call went well. */
export type Errno = number

export interface NativePoller {
  watch(fd: number, events: number): void
  forget(fd: number): void
  start(ready: () => void): void
  stop(): void
  /** Whether the poller keeps the event loop alive while started. */
  hold(alive: boolean): void
  ready(into: Int32Array): number
  close(): void
}

export interface NativeDatagramReader {
  /** The names of the columns that control messages fill: native/datagram/ancillary.cc. */
  columns(): string[]
  /** A row for each datagram of the last read. */
  table(): ArrayBuffer
  /** A cell of 16 bytes for each column of each datagram. */
  cells(): ArrayBuffer
  read(fd: number): number
  /** Whether the last read found that the peer of a `seqpacket` socket has closed the connection. */
  ended(): boolean
  /** The memory of the last read, which the next read writes to. */
  memory(): Buffer
  /** The memory of the last read. It is used again when nothing refers to it any more. */
  handOver(): Buffer
  /** Gives up the memory for further reads. */
  release(): void
  pack(target: Uint8Array, count: number): void
  addressText(number: number): string
  others(row: number): { level: number; type: number; data: Buffer }[]
  /** The path that the sender of a Unix socket's message is bound to. */
  path(row: number): string
  /** How many descriptors a message brought, beside a pidfd. The next read closes those that nobody took. */
  descriptors(row: number): number
  filtered(): number
  epoch(): number
  setRule(fd: number, group: string, interfaceIndex: number, mode: number, sources: readonly string[]): void
  admit(fd: number, unicast: boolean, broadcast: boolean): void
  forget(fd: number): void
}

/** An entry of a socket's error queue, with the fields of `struct sock_extended_err`. */
export interface NativeQueuedError {
  errno?: number
  origin?: number
  type?: number
  code?: number
  info?: number
  data?: number
  destination?: { address: string; port: number }
  offender?: { address: string; port: number }
  timestamp?: bigint
  hardwareTimestamp?: bigint
  extension?: { offset: number; valid: boolean }
  payload: Buffer
}

/** Values by the names of `SendChoice`, as their rows in lib/datagram/message.ts convert them. */
export type NativeSendChoice = Readonly<
  Record<string, number | bigint | string | readonly NativeControlMessage[] | readonly number[] | NativeCredentials>
>

export interface NativeCredentials {
  readonly pid: number
  readonly uid: number
  readonly gid: number
}

export interface NativeControlMessage {
  readonly level: number
  readonly type: number
  readonly data: Uint8Array
}

/** One value for all datagrams, or a list with one for each. */
export type OneOrEach = Uint8Array | undefined | readonly (Uint8Array | undefined)[]

/** Batched reading and sending: Linux only. */
export interface NativeDatagrams {
  /**
   * With `'thread'` a thread waits, instead of libuv's event loop. Throws `{ errno, syscall }`.
   */
  readonly Poller: new (
    wait?: 'thread',
  ) => NativePoller
  readonly DatagramReader: new (
    batch: number,
    stride: number,
    room: number,
    controlRoom: number,
    /** The number of the sockets' family; default: IPv4 or IPv6. */
    family?: number,
  ) => NativeDatagramReader
  readonly NetlinkQuestions: new () => NativeNetlinkQuestions
  sendDatagrams(
    fd: number,
    datagrams: readonly Uint8Array[],
    start: number,
    count: number,
    perMessage: number,
    destination: OneOrEach,
    control: OneOrEach,
  ): number
  encodeSockaddr(address: string, port: number): Buffer
  encodeSendControl(ipv6: boolean, choice: NativeSendChoice, segment: number): Buffer
  readErrorQueue(fd: number): NativeQueuedError[]
  /**
   * Gives a socket the descriptor at `index` of those that a message of the last read brought, or its pidfd for index -1. False: there
   * is none.
   */
  takeDescriptor(reader: NativeDatagramReader, row: number, index: number, owner: NativeSocket): boolean
}

export interface Native extends Partial<NativeDatagrams> {
  readonly constants: Readonly<Record<string, number>>
  readonly codecs: Readonly<Record<string, number>>
  /** The numbers of native/codec/filter_mode.h. */
  readonly filterModes: Readonly<Record<FilterMode, number>>
  readonly Batch: new () => NativeBatch
  readonly Lookup: new () => NativeLookup
  readonly Socket: new () => NativeSocket
  /**
   * With `refuseAnySource`, setting the option is refused without asking the kernel if the socket is an any-source
   * member.
   */
  option(level: number, name: number, codec: number, refuseAnySource: boolean): NativeOption
  encode(codec: number, value: unknown): Buffer
  decode(codec: number, bytes: Uint8Array): unknown
  kind(fd: number): number
  /** Whether a NativeSocket of any thread has a descriptor, or with `asksLoop` a handle of this thread's libuv. */
  hasOwner(fd: number, asksLoop: boolean): boolean
  bind(fd: number, family: number, address: object): Errno
  listen(fd: number, backlog: number): Errno
  connect(fd: number, family: number, address: object): Errno
  disconnect(fd: number): Errno
  /** Two Unix sockets that are connected to each other, for owners that own none yet. */
  socketPair(type: number, one: NativeSocket, other: NativeSocket): Errno
  /** An address as the bytes of its `struct sockaddr`, and back. */
  encodeAddress(family: number, address: object): Buffer
  decodeAddress(sockaddr: Uint8Array): object
  /** Throws an errno, a number. */
  localAddress(fd: number): object
  /** Throws an errno, a number. */
  remoteAddress(fd: number): object
  /**
   * The descriptor that a duplicate was made of, `likely` if that is one; -1 if none is. Closes the duplicate. Throws an
   * errno, a number. Linux only.
   */
  originalDescriptor?(duplicate: number, likely: number): number
  /** Gives a socket a duplicate of a descriptor of another process. Linux only. */
  duplicateOfProcess?(pid: number, fd: number, owner: NativeSocket): Errno
  /** Throws an errno, a number. */
  interfaces(): NativeInterface[]
  nameToIndex(name: string): number
  indexToName(index: number): string
  /** Throws an errno, a number, if the kernel can't be asked. */
  hasInterface(index: number): boolean
}

let loaded: Loaded | undefined
const loadOnce = (): Loaded => {
  loaded ??= load()
  return loaded
}

/**
 * Stands for the addon where none could be loaded: importing works, every option says `supported: false`, and every call throws
 * `unsupported`.
 */
function absent(): Native {
  const refuse = (): never => {
    throw unsupported('sockctl')
  }
  const Refusing = class {
    constructor() {
      refuse()
    }
  } as new () => never
  return {
    constants: {},
    codecs: {},
    filterModes: { none: 0, include: 0, exclude: 0 },
    Batch: Refusing,
    Lookup: Refusing,
    Socket: Refusing,
    option: refuse,
    encode: refuse,
    decode: refuse,
    kind: refuse,
    hasOwner: refuse,
    bind: refuse,
    listen: refuse,
    connect: refuse,
    disconnect: refuse,
    socketPair: refuse,
    encodeAddress: refuse,
    decodeAddress: refuse,
    localAddress: refuse,
    remoteAddress: refuse,
    interfaces: refuse,
    nameToIndex: refuse,
    indexToName: refuse,
    hasInterface: refuse,
  }
}

/**
 * The addon's members. The addon is loaded at the first use of one: `sockctl` uses some as it is imported, since a process may
 * have no descriptor left for the binary later, and `sockctl/options` alone uses none. From then on they are plain fields.
 */
export const native: Native = Object.create(
  new Proxy(
    {},
    {
      get(_, name) {
        Object.assign(native, loadOnce().addon ?? absent())
        Object.setPrototypeOf(native, null)
        return native[name as keyof Native]
      },
    },
  ),
)

/** The error for what this system does not have, or what needs the addon where none could be loaded. */
export function unsupported(what: string, option?: string): SocketOptionError {
  const { whyNone } = loadOnce()
  const message = whyNone === undefined ? `${what} is not available on this system` : `${what}: ${whyNone}`
  return new SocketOptionError(message, { code: 'ERR_UNSUPPORTED', reason: 'unsupported', option })
}

/** Throws reason `unsupported` on a system that can't read and send datagrams in batches. */
export function datagramsNative(): NativeDatagrams {
  if (native.Poller === undefined) throw unsupported(`reading and sending datagrams in batches on ${process.platform}`)
  return native as NativeDatagrams
}
