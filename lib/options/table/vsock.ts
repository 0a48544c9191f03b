// The options of level AF_VSOCK.

import { milliseconds, u64 } from '../codecs.ts'
import { option } from '../option.ts'

/** `SO_VM_SOCKETS_BUFFER_MAX_SIZE`: the upper bound of SO_VM_SOCKETS_BUFFER_SIZE, in bytes. Default 262144n. include/uapi/linux/vm_sockets.h */
export const SO_VM_SOCKETS_BUFFER_MAX_SIZE = option('SO_VM_SOCKETS_BUFFER_MAX_SIZE', 'AF_VSOCK', u64, { since: '3.9' })
/** `SO_VM_SOCKETS_BUFFER_MIN_SIZE`: the lower bound of SO_VM_SOCKETS_BUFFER_SIZE, in bytes. Default 128n. include/uapi/linux/vm_sockets.h */
export const SO_VM_SOCKETS_BUFFER_MIN_SIZE = option('SO_VM_SOCKETS_BUFFER_MIN_SIZE', 'AF_VSOCK', u64, { since: '3.9' })
/** `SO_VM_SOCKETS_BUFFER_SIZE`: the buffer, in bytes, kept within its bounds. Default 262144n. include/uapi/linux/vm_sockets.h */
export const SO_VM_SOCKETS_BUFFER_SIZE = option('SO_VM_SOCKETS_BUFFER_SIZE', 'AF_VSOCK', u64, { since: '3.9' })
/** `SO_VM_SOCKETS_CONNECT_TIMEOUT`: how long connect waits, in milliseconds; 0: the default, 2000. Reads back rounded up to the tick of the kernel's clock: 1, 4 or 10 by CONFIG_HZ. include/uapi/linux/vm_sockets.h */
export const SO_VM_SOCKETS_CONNECT_TIMEOUT = option('SO_VM_SOCKETS_CONNECT_TIMEOUT', 'AF_VSOCK', milliseconds, {
  since: '3.9',
})
