// Codecs of the controller area network: raw CAN, ISO-TP and J1939.

import { show } from '../../base/errors.ts'
import type { Codec } from './codec.ts'
import { type LayoutValue, type Struct, structOf } from './layout.ts'
import { numberAs } from './member.ts'
import { flags } from './names.ts'

const MAX_FILTERS = 512

/** A list of structs, one behind the other; the kernel tells as many as there is room for. */
function listOf<R, W>(one: Struct<R, W>): Codec<R[], readonly W[]> {
  return {
    expects: `an array of at most ${MAX_FILTERS} ${one.expects}`,
    read: 'exact_bytes',
    write: 'bytes',
    wrong: (value) => {
      if (!Array.isArray(value) || value.length > MAX_FILTERS) return true
      for (const [index, filter] of value.entries()) {
        const wrong = one.wrong(filter)
        if (wrong !== '')
          return `filter ${index}${wrong === true ? ` is ${show(filter)}, not ${one.expects}` : `: ${wrong}`}`
      }
      return ''
    },
    toNative: (value) => Buffer.concat(value.map(one.toNative)),
    fromNative: (answer: Buffer) =>
      Array.from({ length: Math.floor(answer.length / one.size) }, (_, index) =>
        one.fromNative(answer.subarray(index * one.size, (index + 1) * one.size)),
      ),
    question: () => new Uint8Array(MAX_FILTERS * one.size),
  }
}

const filter = structOf({ can_id: 'u32', can_mask: 'u32' })

/** `struct can_filter`: a frame passes if its id and the mask give the filter's id and the mask; inverted by the bit 0x20000000 of `can_id`. */
export type CanFilter = LayoutValue<{ can_id: 'u32'; can_mask: 'u32' }>

/** An array of `struct can_filter`. */
export const canFilters: Codec<CanFilter[], readonly CanFilter[]> = listOf(filter)

/** `struct can_raw_vcid_options`: which virtual CAN networks of CAN XL. */
export const canVcidOptions = structOf(
  {
    flags: numberAs('u8', flags({ TX_SET: 1, TX_PASS: 2, RX_FILTER: 4 }, 'byte', 255)),
    tx_vcid: 'u8',
    rx_vcid: 'u8',
    rx_vcid_mask: 'u8',
  },
  { flags: [], tx_vcid: 0, rx_vcid: 0, rx_vcid_mask: 0 },
)

const isotpFlags = flags({
  LISTEN_MODE: 0x0001,
  EXTEND_ADDR: 0x0002,
  TX_PADDING: 0x0004,
  RX_PADDING: 0x0008,
  CHK_PAD_LEN: 0x0010,
  CHK_PAD_DATA: 0x0020,
  HALF_DUPLEX: 0x0040,
  FORCE_TXSTMIN: 0x0080,
  FORCE_RXSTMIN: 0x0100,
  RX_EXT_ADDR: 0x0200,
  WAIT_TX_DONE: 0x0400,
  SF_BROADCAST: 0x0800,
  CF_BROADCAST: 0x1000,
  DYN_FC_PARMS: 0x2000,
})

/** `struct can_isotp_options`; `frame_txtime` in nanoseconds. */
export const isotpOptions = structOf(
  {
    flags: numberAs('u32', isotpFlags),
    frame_txtime: 'u32',
    ext_address: 'u8',
    txpad_content: 'u8',
    rxpad_content: 'u8',
    rx_ext_address: 'u8',
  },
  { flags: [], frame_txtime: 0, ext_address: 0, txpad_content: 0xcc, rxpad_content: 0xcc, rx_ext_address: 0 },
)
/** `struct can_isotp_fc_options`: what frames of flow control say. */
export const isotpFlowControl = structOf({ bs: 'u8', stmin: 'u8', wftmax: 'u8' })
/** `struct can_isotp_ll_options`: 16 for CAN, 72 for CAN FD; 8, 12, 16, 20, 24, 32, 48 or 64 bytes of data; flags of CAN FD frames. */
export const isotpLinkLayer = structOf({ mtu: 'u8', tx_dl: 'u8', tx_flags: 'u8' })

/** `struct j1939_filter`. */
export const j1939Filters = listOf(
  structOf(
    { name: 'u64', name_mask: 'u64', pgn: 'u32', pgn_mask: 'u32', addr: 'u8', addr_mask: 'u8' },
    { name: 0n, name_mask: 0n, pgn: 0, pgn_mask: 0, addr: 0, addr_mask: 0 },
  ),
)
