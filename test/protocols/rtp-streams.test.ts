import { describe, expect, it } from 'vitest'
import type { RtpPacket } from '../../lib/protocols/rtp.ts'
import { createRtpStreams, type RtpSender } from '../../lib/protocols/rtp-streams.ts'
import { fc } from '../support/property.ts'

const SSRC = 0xbeef

/** A packet whose contents follow from its number, and from what is sent. */
const packet = (sequence: number, ssrc = SSRC, what = 0): RtpPacket => ({
  marker: false,
  payloadType: 96,
  sequence: sequence & 0xffff,
  timestamp: (sequence * 48 + what) >>> 0,
  ssrc,
  csrcs: [],
  payload: Uint8Array.of(sequence & 255, (sequence >> 8) & 255, what & 255),
})

const range = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at)

/** Two senders of one stream. */
function pair() {
  const streams = createRtpStreams()
  const senders = { a: streams.sender(), b: streams.sender() }
  const written: number[] = []
  let now = 0
  const take = (sender: RtpSender, one: RtpPacket, port = 5004) => {
    now += 0.001
    if (sender.add(one, port, now)) written.push(one.sequence)
  }
  return { streams, ...senders, written, take }
}

describe('streams of several SSRCs', () => {
  it('are counted each by itself, however mixed', () => {
    const { streams, a, take } = pair()
    for (const at of range(0, 1000)) {
      if (at % 50 !== 7) take(a, packet(100 + at, 1))
      if (at % 25 !== 9) take(a, packet(65_000 + at, 2))
    }
    expect(a.stats()).toMatchObject([
      { ssrc: 1, lost: 20, received: 980, restarts: 0 },
      { ssrc: 2, lost: 40, received: 960, restarts: 0 },
    ])
    expect(streams.numbers()).toMatchObject({ lost: 60, duplicates: 0 })
    expect(a.ssrcChanges).toBe(0)
  })

  it('tell that a sender goes on with another SSRC, and keep what was lost before', () => {
    const { a, take } = pair()
    for (const sequence of [1, 2, 4, 5]) take(a, packet(sequence, 1))
    for (const sequence of range(9000, 50)) take(a, packet(sequence, 2))
    take(a, packet(3, 1))
    for (const sequence of range(9050, 50)) take(a, packet(sequence, 2))
    expect({ changes: a.ssrcChanges, numbers: a.numbers() }).toMatchObject({
      changes: 1,
      numbers: { lost: 0, reordered: 1 },
    })
    for (const sequence of range(400, 20)) take(a, packet(sequence, 3))
    expect(a.ssrcChanges).toBe(2)
  })

  it('tell that a sender comes back to an SSRC after a second', () => {
    const sender = createRtpStreams().sender()
    const send = (ssrc: number, from: number, second: number) => {
      for (const at of range(0, 100)) sender.add(packet(from + at, ssrc), 5004, second + at / 1000)
    }
    send(1, 0, 0)
    send(2, 0, 1)
    send(1, 100, 3)
    expect(sender.ssrcChanges).toBe(2)
  })

  it('tell a sender that begins anew from another port, with another SSRC or with the same', () => {
    const { streams, a, take } = pair()
    for (const at of range(0, 50)) take(a, packet(at, 1), 5000)
    for (const at of range(30_000, 50)) take(a, packet(at, 2), 5001)
    expect(a.ssrcChanges).toBe(1)
    for (const at of range(9000, 50)) take(a, packet(at, 2), 5002)
    expect({ changes: a.ssrcChanges, numbers: a.numbers() }).toMatchObject({
      changes: 1,
      numbers: { restarts: 1, lost: 0 },
    })
    expect(streams.numbers()).toMatchObject({ restarts: 1, lost: 0 })
    // It goes on where it was, from another port: that is no new start.
    for (const at of range(9050, 50)) take(a, packet(at, 2), 5003)
    expect(streams.numbers()).toMatchObject({ restarts: 1, lost: 0 })
  })

  it('of two ports that share an SSRC, at once, are no restarts of one another', () => {
    const { streams, a, take } = pair()
    for (const at of range(0, 50)) {
      take(a, packet(at, 1), 5000)
      take(a, packet(30_000 + at, 1), 5002)
    }
    expect(streams.numbers()).toMatchObject({ restarts: 0, lost: 0 })
  })

  it('of several ports are no changes of one another', () => {
    const { a, take } = pair()
    for (const at of range(0, 50)) {
      take(a, packet(at, 1), 5000)
      take(a, packet(at, 2), 5002)
    }
    expect(a.ssrcChanges).toBe(0)
  })

  it('are kept apart up to a limit, and noise makes room', () => {
    const sender = createRtpStreams().sender()
    for (const ssrc of range(0, 5000)) sender.add(packet(ssrc, ssrc), 5004, ssrc / 1e6)
    expect(sender.stats().length).toBe(512)
    for (const at of range(0, 100)) sender.add(packet(at, 77_777), 5004, at / 1e6)
    expect(sender.stats()).toContainEqual(expect.objectContaining({ ssrc: 77_777, received: 100, lost: 0 }))

    const full = createRtpStreams().sender()
    for (const ssrc of range(0, 600))
      for (const at of [0, 1]) expect(full.add(packet(at, ssrc), 5004, at / 1e6)).toBe(true)
    expect(full.stats().length).toBe(512)
    expect(full.uncounted).toBe(88 * 2)
  })
})

describe('a ST 2022-7 pair', () => {
  it('gives each number once, and loses only what both lost', () => {
    const { streams, a, b, written, take } = pair()
    for (const at of range(65_000, 2000)) {
      if (at % 10 !== 3) take(a, packet(at))
      if (at % 10 !== 5 && at % 100 !== 33) take(b, packet(at))
    }
    expect(new Set(written).size).toBe(written.length)
    expect(written.length).toBe(2000 - 20)
    expect(streams.numbers()).toMatchObject({ lost: 20, duplicates: 0, restarts: 0 })
    expect(streams.redundant()).toMatchObject([{ ssrc: SSRC, paths: 2, received: 1800 + 1800 - 20, lost: 20 }])
    expect(a.numbers()).toMatchObject({ lost: 200 })
    expect(b.numbers()).toMatchObject({ lost: 220 })
  })

  it.each([-1900, -500, -30, 30, 500, 1900])('may have one path %i packets behind', (behind) => {
    const { streams, a, b, written, take } = pair()
    for (const at of range(0, 12_000)) {
      if (at % 10 !== 3) take(a, packet(at + 50))
      const other = at - behind
      if (other >= 0 && other < 12_000 && other % 10 !== 5) take(b, packet(other + 50))
    }
    expect(new Set(written).size).toBe(written.length)
    // Where only one path was heard, at the beginning or the end, what that path lost is missing.
    expect(streams.numbers()?.lost ?? 0).toBeLessThanOrEqual(Math.abs(behind) / 10 + 1)
  })

  it('of one host, by two ports, is one row of its numbers', () => {
    const { a, written, take } = pair()
    for (const at of range(0, 500)) {
      if (at % 10 !== 3) take(a, packet(at), 5000)
      if (at % 10 !== 5) take(a, packet(at), 5002)
    }
    expect(a.numbers()).toMatchObject({ lost: 0, duplicates: 0 })
    expect(written.length).toBe(500)
  })

  it('counts duplicates of one path', () => {
    const { streams, a, b, written, take } = pair()
    for (const at of range(0, 100)) {
      take(a, packet(at))
      if (at % 20 === 0) take(a, packet(at))
      take(b, packet(at))
    }
    expect(streams.numbers()).toMatchObject({ lost: 0, duplicates: 5 })
    expect(written.length).toBe(100)
  })

  it('starts again together, keeps what was lost, and still gives each number once', () => {
    const { streams, a, b, written, take } = pair()
    for (const at of range(40_000, 200)) {
      if (at % 50 === 7) continue
      take(a, packet(at))
      take(b, packet(at))
    }
    for (const at of range(3000, 200)) {
      take(a, packet(at, SSRC, 5))
      take(b, packet(at, SSRC, 5))
    }
    expect(streams.numbers()).toMatchObject({ lost: 4, restarts: 1, duplicates: 0 })
    expect(new Set(written).size).toBe(written.length)
    expect(written.length).toBe(396)
  })

  it.each([1000, 5000])(
    'is a recording of %i packets that is sent again and again: all of it is written each time',
    (length) => {
      for (const pairs of [false, true]) {
        const { streams, a, b, written, take } = pair()
        for (const at of [...range(0, length), ...range(0, length), ...range(0, length)]) {
          take(a, packet(at))
          if (pairs) take(b, packet(at))
        }
        expect(written.length).toBe(3 * length)
        expect(streams.numbers()).toMatchObject({ lost: 0, duplicates: 0, restarts: 2 })
      }
    },
  )

  it('is lost together in a long outage', () => {
    const { streams, a, b, written, take } = pair()
    for (const at of [...range(0, 300), ...range(8300, 300)]) {
      take(a, packet(at))
      take(b, packet(at))
    }
    expect(streams.numbers()).toMatchObject({ lost: 8000, restarts: 0 })
    expect(written.length).toBe(600)
  })

  it('goes on if one path is silent for long', () => {
    const { streams, a, b, written, take } = pair()
    for (const at of range(0, 20_000)) {
      take(a, packet(at))
      if (at < 500 || at > 12_000) take(b, packet(at))
    }
    expect(streams.numbers()).toMatchObject({ lost: 0, restarts: 0 })
    expect(written.length).toBe(20_000)
    expect(b.numbers()).toMatchObject({ lost: 11_501 })
  })

  it('is not seen in two senders that share an SSRC by chance: all of both is written', () => {
    for (const apart of [0, 5, 40, 20_000]) {
      const { streams, a, b, written, take } = pair()
      for (const at of range(0, 300)) {
        if (at % 10 !== 3) take(a, packet(at))
        if (at % 10 !== 5) take(b, packet(at + apart, SSRC, 77))
      }
      expect(written.length).toBe(540)
      expect(streams.numbers()).toMatchObject({ lost: 60, duplicates: 0, restarts: 0 })
    }
  })

  it('writes each number of a random pair once, and loses what neither brought', () => {
    const plan = fc.record({
      first: fc.nat(0xffff),
      came: fc.array(fc.tuple(fc.boolean(), fc.boolean(), fc.nat(5), fc.nat(40)), { minLength: 5, maxLength: 300 }),
    })
    fc.assert(
      fc.property(plan, ({ first, came }) => {
        const { streams, a, b, written, take } = pair()
        const arrivals = came
          .flatMap(([onA, onB, lateA, lateB], at) => [
            ...(onA ? [{ at, when: at + lateA, sender: a }] : []),
            ...(onB ? [{ at, when: at + lateB, sender: b }] : []),
          ])
          .sort((one, other) => one.when - other.when)
        for (const { at, sender } of arrivals) take(sender, packet(first + at))
        const distinct = new Set(arrivals.map(({ at }) => at))
        expect(new Set(written).size).toBe(written.length)
        expect(written.length).toBe(distinct.size)
        if (distinct.size === 0) return
        expect(streams.numbers()?.lost).toBe(Math.max(...distinct) - Math.min(...distinct) + 1 - distinct.size)
      }),
    )
  })

  it('takes any packets without an error, and says no number that can not be', () => {
    const some = fc.record({
      sequence: fc.oneof(fc.nat(50), fc.nat(0xffff)),
      timestamp: fc.nat(0xffffffff),
      ssrc: fc.nat(3),
      payloadType: fc.constantFrom(0, 96, 97),
      payload: fc.uint8Array({ maxLength: 3 }),
      port: fc.nat(2),
      from: fc.boolean(),
      arrival: fc.nat(10_000),
    })
    fc.assert(
      fc.property(fc.array(some, { maxLength: 200 }), (packets) => {
        const { streams, a, b } = pair()
        for (const { port, from, arrival, ...rest } of packets)
          (from ? a : b).add({ marker: false, csrcs: [], ...rest }, port, arrival)
        const received = [...a.stats(), ...b.stats()].reduce((all, one) => all + one.received, 0)
        expect(received).toBe(packets.length)
        for (const one of [...a.stats(), ...b.stats(), ...streams.redundant(), streams.numbers() ?? {}])
          for (const value of Object.values(one))
            if (typeof value === 'number') expect(Number.isFinite(value) && value >= 0).toBe(true)
      }),
    )
  })
})
