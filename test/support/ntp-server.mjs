// An NTP server after RFC 5905's figure 8, written independently of the library's encoder. argv: its address, its port,
// its answers, each a JSON object: fields for packet(), or `{ hex }` for bytes as they are, or `{ silent }`.
import dgram from 'node:dgram'
import { tell } from './stdio.mjs'

const [address, port, answers] = process.argv.slice(2)
const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4')

const timestamp = (milliseconds) => {
  const seconds = Math.floor(milliseconds / 1000)
  const fraction = Math.floor(((milliseconds - seconds * 1000) / 1000) * 2 ** 32)
  return (BigInt((seconds + 2_208_988_800) % 2 ** 32) << 32n) | BigInt(fraction)
}

function packet({ first = 0x24, stratum = 2, reference = '0a000001', shift = 0, origin }) {
  const bytes = Buffer.alloc(48)
  bytes[0] = first
  bytes[1] = stratum
  bytes[2] = 6
  bytes[3] = 0xec
  Buffer.from(reference, 'hex').copy(bytes, 12)
  if (origin !== undefined) origin.copy(bytes, 24)
  const now = timestamp(Date.now() + shift)
  bytes.writeBigUInt64BE(now, 32)
  bytes.writeBigUInt64BE(now, 40)
  return bytes
}

socket.on('message', (request, from) => {
  for (const { hex, silent, foreign, ...fields } of JSON.parse(answers)) {
    if (silent) continue
    const origin = foreign ? Buffer.alloc(8, 7) : request.subarray(40, 48)
    socket.send(hex === undefined ? packet({ ...fields, origin }) : Buffer.from(hex, 'hex'), from.port, from.address)
  }
})
socket.bind(Number(port), address, () => tell({ ready: true }))
