// Entries of a socket's error queue as events, whatever the kernel tells of them.
import { constants } from 'node:os'
import { codecs } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { readQueued } from '../lib/datagram/error-queue.ts'

const payload = Buffer.from('sent')
const TIMESTAMPING = 4

describe('an entry of the error queue', () => {
  it('without an origin is no event', () => {
    expect(readQueued({ payload, timestamp: 1n })).toBeUndefined()
  })
  it('with a time tells which datagram was where', () => {
    const sent = (more: object) => readQueued({ payload, origin: TIMESTAMPING, ...more })
    expect(sent({})).toEqual({ sent: { id: 0, at: 'sent' } })
    expect(sent({ info: 0, data: 7, timestamp: 5n })).toEqual({ sent: { id: 7, at: 'sent', timestamp: 5n } })
    expect(sent({ info: 1, data: 2 ** 32 - 1, hardwareTimestamp: 6n })).toEqual({
      sent: { id: 2 ** 32 - 1, at: 'scheduled', hardwareTimestamp: 6n },
    })
    expect(sent({ info: 2, timestamp: 5n, hardwareTimestamp: 6n })).toEqual({
      sent: { id: 0, at: 'acknowledged', timestamp: 5n, hardwareTimestamp: 6n },
    })
    expect(sent({ info: 99 })).toEqual({ sent: { id: 0, at: 'sent' } })
  })
  it('with an error tells the error and who sent it', () => {
    const error = (more: object) => readQueued({ payload, ...more })
    const none = { icmpType: 0, icmpCode: 0, payload }
    const { ECONNREFUSED, EMSGSIZE } = constants.errno
    for (const [origin, name] of ['other', 'local', 'icmp', 'icmp6'].entries())
      expect(error({ origin, errno: ECONNREFUSED })).toEqual({ error: { ...none, code: 'ECONNREFUSED', origin: name } })
    expect(error({ origin: 99, errno: ECONNREFUSED, info: 1400 })).toEqual({
      error: { ...none, code: 'ECONNREFUSED', origin: 'other' },
    })
    const told = {
      destination: { address: '192.0.2.1', port: 9 },
      extension: { offset: 128, valid: true },
    }
    const offender = { address: '192.0.2.2', port: 0 }
    expect(error({ origin: 2, errno: EMSGSIZE, type: 3, code: 4, info: 1400, ...told, offender })).toEqual({
      error: {
        code: 'EMSGSIZE',
        origin: 'icmp',
        icmpType: 3,
        icmpCode: 4,
        ...told,
        offender: '192.0.2.2',
        mtu: 1400,
        payload,
      },
    })
    expect(error({ origin: 1, errno: EMSGSIZE })).toMatchObject({ error: { mtu: 0 } })
  })
})

it('an anycast address needs no interface, or one that may be', () => {
  const right = (value: unknown) => [false, ''].includes(codecs.anycast.wrong(value) as false)
  expect(right({ address: '2001:db8::1' })).toBe(true)
  expect(right({ address: '2001:db8::1', interface: undefined })).toBe(true)
  expect(right({ address: '2001:db8::1', interface: 1 })).toBe(true)
  expect(right({ address: '2001:db8::1', interface: -1 })).toBe(false)
  expect(right({ address: '192.0.2.1' })).toBe(false)
})
