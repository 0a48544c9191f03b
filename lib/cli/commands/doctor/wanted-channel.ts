import type { Interface } from '../../../index.ts'
import { hostPort, type IpFamily } from '../../../net/address.ts'

/** What is to be received, and where. */
export interface WantedChannel {
  readonly group: string
  readonly family: IpFamily
  /** Undefined: any. */
  readonly port: number | undefined
  /** None: any source. */
  readonly sources: readonly string[]
  readonly on: Interface
}

/** `232.1.1.1 from 192.0.2.1`, as a person would say it. */
export const channelText = ({ group, sources, port }: WantedChannel): string => {
  const to = port === undefined ? group : hostPort(group, port)
  return sources.length === 0 ? to : `${to} from ${sources.join(', ')}`
}
