import { once } from 'node:events'
import net from 'node:net'
import { codecs, control } from 'sockctl'
import { TCP_INFO } from 'sockctl/options'
import { expect, it } from 'vitest'
import { native } from '../lib/binding/native.ts'
import { describeInNamespace } from './support/namespace.ts'

const SIZE = 1_000_000

/** Decodes a struct of so many bytes, in which each byte is its own offset. */
const decoded = (length: number) =>
  codecs.tcpInfo.fromNative(
    native.decode(
      native.codecs.memory ?? -1,
      Uint8Array.from({ length }, (_, index) => index),
    ) as never,
  )

describeInNamespace('TCP_INFO', () => {
  it('counts a transfer at both ends', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const accepted = once(server, 'connection')
    const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
    const [peer] = (await accepted) as [net.Socket]
    const sender = control(client)
    const before = await sender.get(TCP_INFO)
    expect(before).toMatchObject({ state: 'ESTABLISHED', bytes_sent: 0n, bytes_received: 0n })

    let received = 0
    const all = new Promise<void>((resolve) => {
      peer.on('data', (data) => {
        received += data.length
        if (received === SIZE) peer.write('thanks', () => resolve())
      })
    })
    client.write(Buffer.alloc(SIZE))
    await all
    await once(client, 'data')

    const after = await sender.get(TCP_INFO)
    expect(after.bytes_sent - after.bytes_retrans).toBe(BigInt(SIZE))
    // The segment that opens the connection counts as a byte.
    expect(after.bytes_acked).toBe(BigInt(SIZE) + 1n)
    expect(after.bytes_received).toBe(6n)
    expect(after.segs_out).toBeGreaterThan(before.segs_out)
    expect(after.data_segs_out).toBeGreaterThanOrEqual(Math.floor(SIZE / 65_536))
    expect(after.segs_in).toBeGreaterThan(before.segs_in)
    expect(after.unacked).toBe(0)
    expect(after.rtt).toBeGreaterThan(0)
    expect(after.min_rtt).toBeLessThanOrEqual(after.rtt)
    expect(after.options).toContain('SACK')
    expect((await control(peer).get(TCP_INFO)).bytes_received).toBe(BigInt(SIZE))

    peer.destroy()
    client.destroy()
    server.close()
  })

  it('of a listener says so', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect(await control(server).get(TCP_INFO)).toMatchObject({ state: 'LISTEN' })
    server.close()
  })

  it('keeps no answer of another socket', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const first = control(server).getSync(TCP_INFO)
    const copy = structuredClone(first)
    decoded(280)
    expect(first).toEqual(copy)
    server.close()
  })
})

it('has every field if the kernel has it', () => {
  const info = decoded(280)
  const u32 = (at: number) => Buffer.from([at, at + 1, at + 2, at + 3].map((byte) => byte & 255)).readUInt32LE()
  expect(info.rto).toBe(u32(8))
  expect(info.rtt).toBe(u32(68))
  expect(info.total_retrans).toBe(u32(100))
  expect(Number(info.pacing_rate & 0xffffffffn)).toBe(u32(104))
  expect(Number(info.bytes_acked & 0xffffffffn)).toBe(u32(120))
  expect(info.min_rtt).toBe(u32(148))
  expect(Number(info.delivery_rate & 0xffffffffn)).toBe(u32(160))
  expect(info.delivered).toBe(u32(192))
  expect(Number(info.bytes_sent & 0xffffffffn)).toBe(u32(200))
  expect(info.snd_wnd).toBe(u32(228))
  expect(info.total_rto).toBe(u32(240) & 0xffff)
  expect(info.total_rto_recoveries).toBe(u32(240) >>> 16)
  expect(info.received_ce).toBe(u32(248))
  expect(info.ecn).toBe(u32(276))
})

it('has only the fields that a shorter answer reaches', () => {
  expect(Object.keys(decoded(280))).toHaveLength(69)
  // Linux 2.6: up to total_retrans.
  const old = decoded(104)
  expect(Object.keys(old).at(-1)).toBe('total_retrans')
  expect(old.total_retrans).toBe(decoded(280).total_retrans)
  // 6.10: up to total_rto_time.
  expect(Object.keys(decoded(248)).at(-1)).toBe('total_rto_time')
  expect(Object.keys(decoded(247)).at(-1)).toBe('total_rto_recoveries')
  expect(decoded(0)).toEqual({})
})
