// The filter of a capture of IGMP and MLD.

import { assembleFilter, ETHERTYPE, type FilterStep } from './bpf.ts'

const isMld: FilterStep[] = [...[130, 131, 132, 143].map((type) => ({ equals: type, yes: 'take' })), { accept: false }]

/**
 * Lets pass IGMP, and MLD that comes right after the IPv6 header or after hop-by-hop options. The kernel drops all
 * other packets, so they cost the command no time.
 */
export const MEMBERSHIP_FILTER = assembleFilter([
  { load: 'half', at: ETHERTYPE },
  { equals: 0x0800, no: 'ipv6' },
  { load: 'byte', at: 9 },
  { equals: 2, yes: 'take' },
  { accept: false },

  { label: 'ipv6' },
  { equals: 0x86dd, no: 'leave' },
  { load: 'byte', at: 6 },
  { equals: 58, no: 'hop-by-hop' },
  { load: 'byte', at: 40 },
  ...isMld,

  { label: 'hop-by-hop' },
  { equals: 0, no: 'leave' },
  { load: 'byte', at: 40 },
  { equals: 58, no: 'leave' },
  { load: 'byte', at: 41 },
  { add: 1 },
  { shift: 3 },
  { toIndex: true },
  { load: 'byte', at: 40, from: 'index' },
  ...isMld,

  { label: 'leave' },
  { accept: false },
  { label: 'take' },
  { accept: true },
])
