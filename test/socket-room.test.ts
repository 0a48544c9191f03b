// How much a receiver asks of one socket: it doubles what proved right, and learns a limit in small steps.
import { describe, expect, it } from 'vitest'
import { createSocketRoom } from '../lib/receive/socket-room.ts'

describe('the room of a socket', () => {
  it('is guessed, and doubled as long as the kernel takes all', () => {
    const room = createSocketRoom(24)
    const asked = [room.most]
    for (const taken of [5, 12, 13, 26, 20]) {
      room.took(taken)
      asked.push(room.most)
    }
    expect(asked).toEqual([24, 24, 24, 26, 52, 52])
    expect(room.isExact).toBe(false)
  })
  it('is tried four more at a time after the first socket refused one, and then twice as many more each time', () => {
    const room = createSocketRoom(24)
    room.took(20)
    room.refused(true)
    expect([room.most, room.isExact]).toEqual([24, false])
    const asked: number[] = []
    for (const taken of [21, 22, 23, 24, 30]) {
      room.took(taken)
      asked.push(room.most)
    }
    expect(asked).toEqual([25, 26, 29, 32, 50])
  })
  it('is known once another socket refused one, which had taken some', () => {
    const room = createSocketRoom(24)
    room.refused(false)
    expect([room.most, room.isExact]).toEqual([4, false])
    room.took(20)
    room.refused(true)
    expect(room.isExact).toBe(false)
    room.refused(false)
    expect([room.most, room.isExact]).toEqual([20, true])
    room.refused(true)
    expect(room.isExact).toBe(true)
  })
})
