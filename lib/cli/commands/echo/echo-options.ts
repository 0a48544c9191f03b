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

/** A group and port to echo, or to send to. */
export interface EchoTarget {
  group: string
  port: number
  interface?: string | number
}
