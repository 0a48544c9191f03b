// The options of `sockctl ping`, as its parts take them.

export interface PingOptions {
  interface?: string | number
  count: number
  interval: number
  wait: number
  size: number
  hops?: number
  ssm?: boolean
  anySource?: boolean
  server?: boolean
  group?: string
  port: number
  answers?: number
  duration?: number
}
