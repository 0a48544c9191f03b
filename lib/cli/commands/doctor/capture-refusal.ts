// Why the wire can't be seen, and with what doctor would see it.

import { SocketOptionError } from '../../../index.ts'
import { messageOf } from '../../shell/failure.ts'
import { withRights } from './system.ts'

export interface CaptureRefusal {
  readonly says: string
  /** What lets doctor capture packets, to be read after "run doctor". */
  readonly remedy: string
}

export const captureRefusal = (error: unknown, isRoot = process.getuid?.() === 0): CaptureRefusal => ({
  says: messageOf(error),
  remedy: remedyOf(error instanceof SocketOptionError ? error : undefined, isRoot),
})

function remedyOf(error: SocketOptionError | undefined, isRoot: boolean): string {
  if (error?.reason === 'permission') return withRights('CAP_NET_RAW', isRoot)
  if (error?.code === 'EMFILE') return 'with more descriptors (ulimit -n)'
  if (error?.code === 'ENFILE') return 'with more open files on this system (sysctl fs.file-max)'
  return 'where packets can be captured'
}
