// inheritedSockets: the sockets that a service manager opened for this process.

import { badValue, SocketOptionError, show } from '../base/errors.ts'
import { prepareAdoption } from './adopt-socket.ts'
import type { OwnedSocket } from './owned-socket.ts'

/** SD_LISTEN_FDS_START. */
const FIRST_DESCRIPTOR = 3

/** The variables of the protocol, of which sd_listen_fds(3) takes back the same. */
const VARIABLES = ['LISTEN_PID', 'LISTEN_PIDFDID', 'LISTEN_FDS', 'LISTEN_FDNAMES']

/**
 * Takes over the sockets that systemd, or a program that does as systemd does, opened for this process: the descriptors
 * from 3 on, of which `LISTEN_FDS` has the number, each as by `adoptSocket`. `name` of each is that of `LISTEN_FDNAMES`.
 * sd_listen_fds(3)
 *
 * `[]` without these variables, or if `LISTEN_PID` is another process: a shell or `npm` in between must `exec` this one.
 *
 * All are taken or none. Then the variables are removed from `process.env`, as by `unset_environment` of sd_listen_fds, so
 * that neither a second call nor a program that this one starts takes the same numbers for its own: the second call gives
 * `[]`. A worker has a copy of the environment: call this in the main thread, before workers are started.
 *
 * Descriptors that are no sockets (`ListenFIFO=`, `OpenFile=`) are left out, open and as they are. A program that takes them
 * reads the variables first.
 * @throws SocketOptionError `bad-value` for variables that contradict each other, and what `adoptSocket` throws; then nothing
 * is taken, and the variables stay.
 */
export function inheritedSockets(): OwnedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = process.env
  if (LISTEN_PID === undefined || LISTEN_FDS === undefined) return []
  if (numberIn('LISTEN_PID', LISTEN_PID) !== process.pid) return []
  const count = numberIn('LISTEN_FDS', LISTEN_FDS)
  const names = LISTEN_FDNAMES?.split(':') ?? []
  if (LISTEN_FDNAMES !== undefined && names.length !== Math.max(count, 1))
    throw badValue(`LISTEN_FDNAMES has ${names.length} names and LISTEN_FDS is ${count}: the same number is needed`)
  const adoptions: (() => OwnedSocket)[] = []
  for (let index = 0; index < count; index++)
    adoptions.push(...adoptionOfSocket(FIRST_DESCRIPTOR + index, names[index]))
  const sockets = adoptAll(adoptions)
  for (const variable of VARIABLES) delete process.env[variable]
  return sockets
}

function numberIn(variable: string, text: string): number {
  if (!/^\d+$/.test(text)) throw badValue(`${variable} is ${show(text)}: a number is needed`)
  return Number(text)
}

/** Nothing for what is no socket. */
function adoptionOfSocket(fd: number, name: string | undefined): [] | [() => OwnedSocket] {
  try {
    return [prepareAdoption(fd, name)]
  } catch (error) {
    if (error instanceof SocketOptionError && error.code === 'ENOTSOCK') return []
    throw error
  }
}

function adoptAll(adoptions: readonly (() => OwnedSocket)[]): OwnedSocket[] {
  const adopted: OwnedSocket[] = []
  try {
    for (const adopt of adoptions) adopted.push(adopt())
  } catch (error) {
    for (const socket of adopted) socket.release()
    throw error
  }
  return adopted
}
