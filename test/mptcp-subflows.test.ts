// The addresses of MPTCP's subflows, in answers of every length.
import { codecs } from 'sockctl'
import { describe, expect, it } from 'vitest'

describe('the addresses of MPTCP’s subflows', () => {
  const subflow = (port: number) => {
    const bytes = Buffer.alloc(256)
    for (const [at, last] of [
      [0, 1],
      [128, 2],
    ] as const)
      bytes.set([2, 0, port >> 8, port & 255, 192, 0, 2, last], at)
    return bytes
  }
  const told = (port: number) => ({
    local: { family: 'ipv4', address: '192.0.2.1', port },
    remote: { family: 'ipv4', address: '192.0.2.2', port },
  })
  const read = (count: number, kernel: number, user: number, ...subflows: Buffer[]) =>
    codecs.mptcpSubflowAddresses.fromNative(
      Buffer.concat([Buffer.from(new Uint32Array([16, count, kernel, user]).buffer), ...subflows]) as never,
    )

  it('are as many as the kernel says and the answer holds', () => {
    const two = [subflow(1000), subflow(2000)]
    expect(read(2, 256, 256, ...two)).toEqual([told(1000), told(2000)])
    expect(read(1, 256, 256, ...two)).toEqual([told(1000)])
    expect(read(9, 256, 256, ...two)).toEqual([told(1000), told(2000)])
    expect(read(2, 256, 256, subflow(1000), subflow(2000).subarray(0, 255))).toEqual([told(1000)])
    expect(read(0, 256, 256, ...two)).toEqual([])
  })
  it('are none if they have no size', () => {
    expect(read(2, 0, 256, subflow(1000))).toEqual([])
    expect(read(2, 256, 0, subflow(1000))).toEqual([])
  })
})
