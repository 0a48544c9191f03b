// The options of `sockctl interfaces`.

export interface InterfacesOptions {
  interface?: string | number
  watch?: true
  interval?: number
  duration?: number
}
