import { boolean, int, interfaceName, linger, milliseconds, unsigned } from '../codecs.ts'
import { option } from '../option.ts'

/** `SO_BINDTODEVICE`: use only this interface, by name; '' for any. Needs CAP_NET_RAW to change. socket(7) */
export const SO_BINDTODEVICE = option('SO_BINDTODEVICE', 'SOL_SOCKET', interfaceName)
/** `SO_BROADCAST`: may send to a broadcast address. Default false. socket(7) */
export const SO_BROADCAST = option('SO_BROADCAST', 'SOL_SOCKET', boolean)
/** `SO_DOMAIN`: the address family. socket(7) */
export const SO_DOMAIN = option('SO_DOMAIN', 'SOL_SOCKET', int(), { access: 'read' })
/** `SO_ERROR`: the pending error, as an errno; reading it clears it. socket(7) */
export const SO_ERROR = option('SO_ERROR', 'SOL_SOCKET', int(), { access: 'read', consumes: true })
/** `SO_KEEPALIVE`: probe an idle connection. Default false. socket(7) */
export const SO_KEEPALIVE = option('SO_KEEPALIVE', 'SOL_SOCKET', boolean)
/** `SO_LINGER`: what close does with unsent data. Default off. socket(7) */
export const SO_LINGER = option('SO_LINGER', 'SOL_SOCKET', linger)
/** `SO_MARK`: the mark of each packet, for routing and filtering. Needs CAP_NET_ADMIN. socket(7) */
export const SO_MARK = option('SO_MARK', 'SOL_SOCKET', unsigned())
/** `SO_PRIORITY`: the queueing priority, 0 to 6 without CAP_NET_ADMIN. Default 0. socket(7) */
export const SO_PRIORITY = option('SO_PRIORITY', 'SOL_SOCKET', int(0))
/** `SO_PROTOCOL`: the protocol. socket(7) */
export const SO_PROTOCOL = option('SO_PROTOCOL', 'SOL_SOCKET', int(), { access: 'read' })
/** `SO_RCVBUF`: the receive buffer, in bytes. Reads back doubled; capped by net.core.rmem_max. socket(7) */
export const SO_RCVBUF = option('SO_RCVBUF', 'SOL_SOCKET', int(0))
/** `SO_RCVBUFFORCE`: SO_RCVBUF without its cap. Needs CAP_NET_ADMIN. socket(7) */
export const SO_RCVBUFFORCE = option('SO_RCVBUFFORCE', 'SOL_SOCKET', int(0), { access: 'write' })
/** `SO_RCVTIMEO`: how long a blocking receive waits, in milliseconds; 0: for ever. socket(7) */
export const SO_RCVTIMEO = option('SO_RCVTIMEO', 'SOL_SOCKET', milliseconds)
/** `SO_REUSEADDR`: share the port with other sockets that set it. Default false. socket(7) */
export const SO_REUSEADDR = option('SO_REUSEADDR', 'SOL_SOCKET', boolean)
/** `SO_REUSEPORT`: share the port; unicast is spread over those that do. Default false. socket(7) */
export const SO_REUSEPORT = option('SO_REUSEPORT', 'SOL_SOCKET', boolean)
/** `SO_SNDBUF`: the send buffer, in bytes. Reads back doubled; capped by net.core.wmem_max. socket(7) */
export const SO_SNDBUF = option('SO_SNDBUF', 'SOL_SOCKET', int(0))
/** `SO_SNDBUFFORCE`: SO_SNDBUF without its cap. Needs CAP_NET_ADMIN. socket(7) */
export const SO_SNDBUFFORCE = option('SO_SNDBUFFORCE', 'SOL_SOCKET', int(0), { access: 'write' })
/** `SO_SNDTIMEO`: how long a blocking send waits, in milliseconds; 0: for ever. socket(7) */
export const SO_SNDTIMEO = option('SO_SNDTIMEO', 'SOL_SOCKET', milliseconds)
/** `SO_TYPE`: the type, e.g. SOCK_DGRAM. socket(7) */
export const SO_TYPE = option('SO_TYPE', 'SOL_SOCKET', int(), { access: 'read' })
