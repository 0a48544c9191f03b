// The descriptors of Deno's own sockets: Deno only gives duplicates, which it makes to pass a socket to another process.
import { kernelError } from '../base/errors.ts'
import { unsupportedByRuntime } from '../base/runtime.ts'
import { native } from '../binding/native.ts'

/** A handle of node:net or node:dgram in Deno. */
interface DenoHandle {
  /** A duplicate of the descriptor; negative if none is open. */
  fdForIpc?(): number
}

interface Owner {
  readonly fd: number
}

const owners = new WeakMap<object, Owner>()

/** What owns a handle's descriptor, the same for as long as the handle lives. */
export function denoOwner(handle: object | null): Owner | null {
  if (handle === null) return null
  let owner = owners.get(handle)
  if (owner === undefined) {
    owner = createOwner(handle)
    owners.set(handle, owner)
  }
  return owner
}

function createOwner(handle: DenoHandle): Owner {
  const { originalDescriptor } = native
  if (typeof handle.fdForIpc !== 'function' || originalDescriptor === undefined)
    throw unsupportedByRuntime('the descriptor of this socket', 'open the socket with openSocket instead')
  let last = -1
  return {
    // Asked for each time, since the number alone would not tell that the socket was closed.
    get fd() {
      const duplicate = handle.fdForIpc?.() ?? -1
      if (duplicate < 0) return -1
      try {
        last = originalDescriptor(duplicate, last)
      } catch (errno) {
        if (typeof errno !== 'number') throw errno
        throw kernelError({ asked: "find the socket's descriptor", errno, syscall: 'openat' })
      }
      return last
    },
  }
}
