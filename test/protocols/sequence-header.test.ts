import { describe, expect, it } from 'vitest'
import { createSequenceCounter } from '../../lib/protocols/sequence-counter.ts'
import { readSequence, SEQUENCE_CYCLE, writeSequence } from '../../lib/protocols/sequence-header.ts'
import { fc } from '../support/property.ts'

const NOW = 1_795_315_809

describe('the header of numbered datagrams', () => {
  it('is read as it was written, and numbers begin again after 31 bits', () => {
    const bytes = Buffer.alloc(12)
    fc.assert(
      fc.property(fc.nat(2 ** 31 * 3), fc.nat(999_999), (sequence, microseconds) => {
        writeSequence(bytes, sequence, NOW, microseconds)
        expect(readSequence(bytes, NOW)).toBe(sequence % SEQUENCE_CYCLE)
      }),
    )
  })

  it.each([
    ['iperf’s first', '000000016b0255c8000c35ef0000000048010098', 1],
    ['iperf’s last', 'ffffff996b0255c9000c5dceffffffff48010098', -1],
    ['nothing', '', -1],
    ['11 bytes', '000000016b0255c8000c35', -1],
    ['a microsecond too many', '000000016b0255c8000f4240', -1],
    ['another day', '000000016b04a75a000c35ef', -1],
    ['RTP', '80600001000000000000beef00000000', -1],
    ['MPEG-TS', '474000100000b00d0001c100000001f0', -1],
    ['text', Buffer.from('hello multicast world').toString('hex'), -1],
  ])('is found, or not, in %s', (_, hex, sequence) => {
    expect(readSequence(Buffer.from(hex, 'hex'), NOW)).toBe(sequence)
  })
})

describe('numbers that wrap', () => {
  const counted = (cycle: number, sequences: readonly number[]) => {
    const numbers = createSequenceCounter({ cycle, maxDropout: cycle / 4, maxMisorder: 100 })
    for (const [at, sequence] of sequences.entries()) {
      if (at === 0) numbers.begin(sequence % cycle)
      else numbers.add(sequence % cycle)
    }
    return numbers.stats()
  }

  it.each([65536, SEQUENCE_CYCLE])(
    'of %d: each that did not come is lost, each that came twice a duplicate',
    (cycle) => {
      const stream = fc.record({
        first: fc.constantFrom(0, cycle - 5, cycle * 3 - 200),
        came: fc.array(fc.boolean(), { minLength: 1, maxLength: 300 }),
        swapped: fc.array(fc.nat(298), { maxLength: 20 }),
        twice: fc.nat(299),
      })
      fc.assert(
        fc.property(stream, ({ first, came, swapped, twice }) => {
          const sent = [first, ...came.flatMap((did, at) => (did ? [first + 1 + at] : []))]
          const [again = first] = [sent[twice]]
          const order = [...sent]
          for (const at of swapped) {
            const [one, two] = [order[at], order[at + 1]]
            if (one !== undefined && two !== undefined) order.splice(at, 2, two, one)
          }
          const last = Math.max(...sent)
          const { lost, duplicates, restarts } = counted(cycle, [...order, again])
          expect({ lost, duplicates, restarts }).toEqual({
            lost: last - first + 1 - sent.length,
            duplicates: last - again < 100 ? 1 : 0,
            restarts: 0,
          })
        }),
      )
    },
  )

  it('begin anew if a sender does, and keep the losses before', () => {
    expect(counted(SEQUENCE_CYCLE, [5000, 5001, 5003, 1, 2, 3, 5])).toMatchObject({ lost: 2, restarts: 1 })
    expect(counted(SEQUENCE_CYCLE, [5000, 1, 5001])).toMatchObject({ lost: 0, restarts: 0 })
  })
})
