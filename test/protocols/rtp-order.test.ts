// The order in which payloads of redundant RTP streams are written.
import { describe, expect, it } from 'vitest'
import { createRtpOrder, type RtpOrder } from '../../lib/protocols/rtp-order.ts'
import { fc } from '../support/property.ts'

/** A packet whose payload is its number. */
const packet = (sequence: number, ssrc = 7) => ({
  ...{ ssrc, sequence: sequence & 0xffff, payload: Buffer.from(`${sequence}`) },
  ...{ payloadType: 97, timestamp: 0, marker: false, csrcs: [] },
})

function added(order: RtpOrder, numbers: readonly number[], now = 0, waits = true): string[] {
  const out: Uint8Array[] = []
  for (const number of numbers) order.add(packet(number), now, waits, out)
  return out.map((payload) => Buffer.from(payload).toString())
}
function flushed(order: RtpOrder): string[] {
  const out: Uint8Array[] = []
  order.flush(out)
  return out.map((payload) => Buffer.from(payload).toString())
}
function due(order: RtpOrder, now: number): string[] {
  const out: Uint8Array[] = []
  order.due(now, out)
  return out.map((payload) => Buffer.from(payload).toString())
}
const texts = (...numbers: number[]): string[] => numbers.map(String)

describe('the order of redundant packets', () => {
  it('is that of their numbers: what is behind a gap waits for the other path', () => {
    const order = createRtpOrder()
    expect(added(order, [10, 11, 14, 15, 13])).toEqual(texts(10, 11))
    expect(added(order, [12])).toEqual(texts(12, 13, 14, 15))
  })

  it('goes on over the end of the numbers', () => {
    expect(added(createRtpOrder(), [65_534, 65_536, 65_537, 65_535])).toEqual(texts(65_534, 65_535, 65_536, 65_537))
  })

  it('waits for a gap no longer than 200 ms, each gap by itself', () => {
    const order = createRtpOrder()
    expect(added(order, [1, 3], 0)).toEqual(texts(1))
    expect(added(order, [5], 60)).toEqual([])
    expect(due(order, 199)).toEqual([])
    expect(due(order, 200)).toEqual(texts(3))
    // The next packet shows it as well as the clock does.
    expect(added(order, [7], 260)).toEqual(texts(5))
    expect(added(order, [4, 6], 261)).toEqual(texts(4, 6, 7))
  })

  it('is that of arrival without a second path, or for what comes too late', () => {
    expect(added(createRtpOrder(), [10, 11, 14, 13, 15], 0, false)).toEqual(texts(10, 11, 14, 13, 15))
  })

  it('begins anew where a stream goes on far away', () => {
    const order = createRtpOrder()
    expect(added(order, [1, 3, 5000, 5001])).toEqual(texts(1, 3, 5000, 5001))
    expect(added(order, [1, 2])).toEqual(texts(1, 2))
  })

  it('keeps each SSRC by itself, and is not disturbed by thousands of them', () => {
    const order = createRtpOrder()
    const out: Uint8Array[] = []
    for (let ssrc = 0; ssrc < 5000; ssrc++) order.add(packet(1, ssrc), 0, true, out)
    for (let ssrc = 0; ssrc < 5000; ssrc++) order.add(packet(3, ssrc), 0, true, out)
    // The first 64 wait.
    expect(out).toHaveLength(5000 + 5000 - 64)
    expect(flushed(order)).toHaveLength(64)
  })

  it('loses nothing and gives nothing twice, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 9000 }), { maxLength: 400 }),
        fc.array(fc.tuple(fc.nat(400), fc.nat(300), fc.boolean())),
        (numbers, steps) => {
          const order = createRtpOrder()
          const seen: string[] = []
          const waits = new Map(steps.map(([at, , isWaiting]) => [at, isWaiting]))
          let now = 0
          for (const [at, number] of numbers.entries()) {
            now += steps[at]?.[1] ?? 1
            seen.push(...added(order, [number], now, waits.get(at) ?? true))
          }
          seen.push(...flushed(order))
          expect(seen.toSorted()).toEqual(texts(...numbers).toSorted())
        },
      ),
    )
  })

  it('is perfect for packets that are at most 50 off, if all come in time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 300 }), (jitter) => {
        // The first number comes first.
        const numbers = jitter.map((late, at) => [at + (at === 0 ? 0 : late), at] as const)
        const arrived = numbers.toSorted(([a, i], [b, j]) => a - b || i - j).map(([, at]) => at)
        const order = createRtpOrder()
        const got = [...added(order, arrived), ...flushed(order)]
        expect(got).toEqual(texts(...jitter.keys()))
      }),
    )
  })
})
