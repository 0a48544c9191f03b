// The public face: re-exports only.

export { type Reason, SocketOptionError } from './base/errors.ts'
export { toJson } from './base/to-json.ts'
export type { SocketLike } from './calls/socket-handle.ts'
export { control, type SocketControl } from './control/control.ts'
export type { GroupOnInterface } from './control/group-target.ts'
export type { JoinOptions } from './control/keep-on-socket.ts'
export type { ChannelEvent, ChannelReason, KeepOptions, KeptChannel } from './control/keep-options.ts'
export type { Channel, Membership } from './control/membership.ts'
export { diffSnapshots, type OptionChange } from './control/snapshot.ts'
export type { AncillaryChoice, AncillaryData, VlanTag } from './datagram/ancillary.ts'
export type { ReceiveOptions } from './datagram/batch-loop.ts'
export type { ControlMessage, Datagram } from './datagram/datagram.ts'
export type { ReturnedError, TransmitTimestamp } from './datagram/error-queue.ts'
export { interfaceCounters } from './datagram/interface-counters.ts'
export type { Credentials, Message, SendChoice } from './datagram/message.ts'
export type { OwnedDescriptor } from './datagram/owned-descriptor.ts'
export type { ReadOptions } from './datagram/read-options.ts'
export type { SenderStats } from './datagram/transmit.ts'
export type { SegmentationOffload } from './datagram/vnet-header.ts'
export {
  type InterfaceAddressChange,
  type InterfaceChange,
  type InterfaceMoved,
  type InterfaceRenamed,
  type InterfaceStateChange,
  type WatchInterfacesOptions,
  watchInterfaces,
} from './datagram/watch-interfaces.ts'
export type { InterfaceCounters } from './kernel/rtnl-link.ts'
export { describeGroup, type GroupDescription } from './net/group.ts'
export { type Interface, type InterfaceAddress, interfaces } from './net/interfaces.ts'
export type { Protocol } from './net/protocol-numbers.ts'
export type {
  Destination,
  Destinations,
  Endpoint,
  Family,
  InetDestination,
  NetlinkAddress,
  PacketAddress,
  PacketSource,
  PacketType,
  SocketAddress,
  SocketAddresses,
  Sources,
  UnixAddress,
  VsockAddress,
} from './net/socket-address.ts'
export type {
  Codec,
  GroupFilter,
  GroupRequest,
  GroupSourceRequest,
  IpMreqSource,
  Linger,
  MulticastInterface,
  SourceFilter,
} from './options/codecs.ts'
export * as codecs from './options/codecs.ts'
export { defineOption, type Option, type OptionDefinition } from './options/option.ts'
export { openReceiver } from './receive/open-receiver.ts'
export { Receiver, type ReceiverStats } from './receive/receiver.ts'
export type { ReceiverOptions } from './receive/receiver-options.ts'
export { openSender, Sender } from './send/sender.ts'
export type { SenderOptions } from './send/sender-options.ts'
export type { AcceptOptions } from './socket/accept.ts'
export { adoptSocket } from './socket/adopt-socket.ts'
export { type ConnectionOptions, type ConnectSocketOptions, connectSocket } from './socket/connect-socket.ts'
export {
  type ConnectionRequest,
  type Connector,
  type ConnectorOptions,
  type ConnectorTlsOptions,
  connectorFor,
} from './socket/connector-for.ts'
export { descriptorOfProcess } from './socket/descriptor-of-process.ts'
export { inheritedSockets } from './socket/inherited-sockets.ts'
export { MessageSocket, type MessageSocketStats, type ReceivedStats } from './socket/message-socket.ts'
export type { MessageSocketOptions } from './socket/message-socket-options.ts'
export { openSocket } from './socket/open-socket.ts'
export type { OwnedSocket } from './socket/owned-socket.ts'
export { socketPair } from './socket/socket-pair.ts'
export type { Settings, SocketSpec, SocketSpecOf, SocketTypes } from './socket/socket-spec.ts'
