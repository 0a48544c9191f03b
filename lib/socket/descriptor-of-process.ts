// descriptorOfProcess: a duplicate of a descriptor that another process has.
import { constants } from 'node:os'
import { mustBe, whole } from '../base/check-fields.ts'
import { kernelError, SocketOptionError } from '../base/errors.ts'
import { native } from '../binding/native.ts'
import { type OwnedDescriptor, ownedDescriptor } from '../datagram/owned-descriptor.ts'

const { ESRCH, EBADF, EPERM } = constants.errno

const ADVICE: Readonly<Record<number, string>> = {
  [ESRCH]: 'there is no such process',
  [EBADF]: 'the process has no such descriptor: ls -l /proc/PID/fd lists those that it has',
  [EPERM]: 'only who may trace the process may do that: run as its user, or with CAP_SYS_PTRACE',
}

/**
 * A duplicate of a descriptor of another process, such as a socket whose options are to be read: `control(descriptor.fd)`. Both
 * stand for one socket: an option set by the one is set for the other. Linux 5.6. `pidfd_getfd(2)`
 * @param pid the process; as whoever may trace the process (ptrace(2)), or with CAP_SYS_PTRACE
 * @param fd the number that the descriptor has there
 * @throws SocketOptionError `permission`, or code `ESRCH` or `EBADF` if there is no such process or descriptor; `unsupported` on
 * another system
 */
export function descriptorOfProcess(pid: number, fd: number): OwnedDescriptor {
  mustBe(whole(1, 2 ** 31 - 1), 'descriptorOfProcess: pid', pid)
  mustBe(whole(0, 2 ** 31 - 1), 'descriptorOfProcess: fd', fd)
  const asked = `duplicate descriptor ${fd} of process ${pid}`
  if (native.duplicateOfProcess === undefined)
    throw new SocketOptionError(`${asked}: only Linux can do that`, { code: 'ERR_UNSUPPORTED', reason: 'unsupported' })
  const socket = new native.Socket()
  const errno = native.duplicateOfProcess(pid, fd, socket)
  if (errno === 0) return ownedDescriptor(socket, () => {})
  const advice = ADVICE[errno]
  throw kernelError({ asked, errno, syscall: 'pidfd_getfd', ...(advice !== undefined && { advice }) })
}
