// Types for the part of sdp-transform that is used here. The package's own types promise fields that a bad description
// lacks.

declare module 'sdp-transform' {
  type Value = string | number
  interface Connection {
    version: Value
    ip: Value
  }
  interface SourceFilter {
    filterMode: 'incl' | 'excl'
    addressTypes: string
    destAddress: Value
    srcList: Value
  }
  interface Media {
    type?: Value
    port?: Value
    protocol?: Value
  }
  interface Session {
    origin?: Record<'username' | 'sessionId' | 'sessionVersion' | 'netType' | 'ipVer' | 'address', Value>
    name?: Value
    description?: Value
    timing?: { start: Value; stop: Value }
    connection?: Connection
    sourceFilter?: SourceFilter
    media: Media[]
  }
  export function parse(description: string): Session
}
