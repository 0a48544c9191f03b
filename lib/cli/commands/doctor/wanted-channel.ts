// The channel that the doctor looks for.

import type { Interface } from '../../../index.ts'
import { hostPort, type IpFamily } from '../../../net/address.ts'

export interface WantedChannel {
  readonly group: string
  readonly family: IpFamily
  /** Undefined for any port. */
  readonly port: number | undefined
  /** Empty for any source. */
  readonly sources: readonly string[]
  /** The interface to join on. */
  readonly on: Interface
}

/** The channel as text: `232.1.1.1:5000 from 192.0.2.1`. */
export const channelText = ({ group, sources, port }: WantedChannel): string => {
  const to = port === undefined ? group : hostPort(group, port)
  return sources.length === 0 ? to : `${to} from ${sources.join(', ')}`
}
