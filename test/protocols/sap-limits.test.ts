// Anybody can announce: a short packet must not cost much, and many packets must not cost everything.
import { expect, it } from 'vitest'
import { decodeSap, encodeSap } from '../../lib/protocols/sap.ts'
import { sapSessions } from '../../lib/protocols/sap-sessions.ts'
import { parseSdp } from '../../lib/protocols/sdp.ts'

const sdp = (id: string, ...lines: string[]): string =>
  ['v=0', `o=- ${id} 1 IN IP4 10.0.0.1`, `s=${id}`, 't=0 0', ...lines, ''].join('\r\n')
const sources = (count: number): string =>
  Array.from({ length: count }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join(' ')
const bomb = (groups: number, of: number): string =>
  sdp('1', `c=IN IP4 239.1.0.1/8/${groups}`, `a=source-filter: incl IN IP4 * ${sources(of)}`, 'm=video 5000 RTP/AVP 33')

it('refuses a description whose streams list more than 1,024 sources together', () => {
  expect(parseSdp(bomb(256, 256))).toEqual({ malformed: expect.stringContaining('more than 1024 sources') })
  expect(parseSdp(bomb(256, 5))).toHaveProperty('malformed')
  expect(parseSdp(bomb(256, 4))).toHaveProperty('streams.length', 256)
  expect(parseSdp(bomb(4, 256))).toHaveProperty('streams.length', 4)
})

it('gives streams with the same filters one list', () => {
  const session = parseSdp(bomb(8, 3))
  if ('malformed' in session) throw new Error(session.malformed)
  expect(new Set(session.streams.map((stream) => stream.sources)).size).toBe(1)
})

it('takes 1 MiB of one announcing host and 16 MiB in all, and says so', () => {
  const table = sapSessions(1_000_000)
  const announce = (host: number, id: number) => {
    const payload = Buffer.from(sdp(`${id}`, `a=${'x'.repeat(50_000)}`))
    const packet = decodeSap(encodeSap({ source: `10.1.${host >> 8}.${host & 255}`, payload }))
    if ('malformed' in packet) throw new Error(packet.malformed)
    return table.take(packet, 0)
  }
  let taken = 0
  let event = announce(1, taken)
  for (; 'type' in event && event.type === 'new'; event = announce(1, ++taken));
  expect(event).toEqual({ type: 'ignored', reason: 'the sessions of 10.1.0.1 take 1048576 bytes already' })
  expect(taken).toBe(10)
  for (let host = 2; host < 60; host++) for (let id = 0; id < 10; id++) event = announce(host, id)
  expect(event).toEqual({ type: 'ignored', reason: 'all sessions take 16777216 bytes already' })
  expect(table.list().length).toBeLessThan(170)
  // What is over makes room again.
  table.expire(Number.MAX_SAFE_INTEGER)
  expect(announce(1, 1)).toMatchObject({ type: 'new' })
})
