// The options of `sockctl echo`, as its parts take them.

export interface EchoOptions {
  interface?: string | number
  client?: boolean
  port: number
  wait: number
  text?: string
  size?: number
  hops?: number
  count?: number
  duration?: number
}

/** A group or a host, and a port: to echo, or to send to. */
export interface EchoTarget {
  /** `''`: every address of this host. */
  address: string
  isGroup: boolean
  port: number
  interface?: string | number
}
