export type {
  Codec,
  GroupFilter,
  GroupRequest,
  GroupSourceRequest,
  IpMreqSource,
  Linger,
  MulticastInterface,
  SourceFilter,
} from './codecs.ts'
export * as codecs from './codecs.ts'
export { control, type SocketControl } from './control.ts'
export type { ControlMessage, Datagram } from './datagram.ts'
export type { SocketLike } from './descriptor.ts'
export { type Reason, SocketOptionError } from './errors.ts'
export { describeGroup, type GroupDescription } from './group.ts'
export { type Interface, type InterfaceAddress, interfaces } from './interfaces.ts'
export type { Channel, Membership } from './membership.ts'
export { defineOption, type Option, type OptionDefinition } from './option.ts'
export type { OwnedSocket } from './owned-socket.ts'
export type { Protocol } from './protocol-numbers.ts'
export { type InterfaceRemoved, openReceiver, Receiver, type ReceiverStats } from './receiver.ts'
export type { AncillaryChoice, ReceiverOptions } from './receiver-options.ts'
export type { ReturnedError, TransmitTimestamp } from './returned-error.ts'
export { openSender, Sender } from './sender.ts'
export type { Message, SendChoice, SenderOptions } from './sender-options.ts'
export { diffSnapshots, type OptionChange } from './snapshot.ts'
export { openSocket } from './socket.ts'
export type {
  Endpoint,
  Family,
  NetlinkAddress,
  PacketAddress,
  SocketAddress,
  SocketAddresses,
  UnixAddress,
  VsockAddress,
} from './socket-address.ts'
export type { Settings, SocketSpec, SocketSpecOf, SocketTypes } from './socket-spec.ts'
export type { GroupOnInterface } from './target.ts'
export type { SenderStats } from './transmission.ts'
