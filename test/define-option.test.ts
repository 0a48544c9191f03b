import { totalmem } from 'node:os'
import { codecs, control, defineOption } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { openKind } from './support/sockets.ts'

/** Zeros that take no memory until they are read; undefined if Node makes no such array, as 20, or memory is short. */
function zeros(length: number): Uint8Array | undefined {
  if (totalmem() < 2 ** 33) return undefined
  try {
    return new Uint8Array(length)
  } catch {
    return undefined
  }
}

describe('defineOption', () => {
  const SO_RCVLOWAT = 18

  it('makes an option by its numbers, which then is like any other', async () => {
    await using opened = await openKind('tcp4')
    const byName = defineOption({ name: 'MINE', level: 'SOL_SOCKET', option: SO_RCVLOWAT, codec: codecs.int(1) })
    const byNumber = defineOption({ name: 'MINE_TOO', level: 1, option: SO_RCVLOWAT, codec: codecs.int() })
    const raw = defineOption({ name: 'RAW', level: 1, option: SO_RCVLOWAT, codec: codecs.bytes })
    expect(byName).toMatchObject({
      name: 'MINE',
      level: 'SOL_SOCKET',
      supported: true,
      readable: true,
      writable: true,
      waits: false,
    })

    const socket = control(opened.socket)
    await socket.set(byName, 77)
    expect(await socket.get(byNumber)).toBe(77)
    const bytes = await socket.get(raw)
    expect([bytes.length, new Int32Array(new Uint8Array(bytes).buffer)[0]]).toEqual([4, 77])
    socket.setSync(raw, new Uint8Array(Int32Array.of(78).buffer))
    expect(socket.getSync(byName)).toBe(78)
    await expect(socket.set(byName, 0)).rejects.toMatchObject({
      option: 'MINE',
      reason: 'bad-value',
      message: expect.stringMatching(/^MINE must be/),
    })
  })

  describe.each([
    ['just more than an int can say', 2 ** 31],
    ['which 32 bits would cut to 4', 2 ** 32 + 4],
  ])('gives no bytes of a length %s', (_, length) => {
    const value = zeros(length)
    it.skipIf(value === undefined).each([
      ['codecs.bytes', codecs.bytes],
      ['codecs.bytesOf', codecs.bytesOf(0, 2 ** 40)],
    ])('to the kernel by %s', async (_, codec) => {
      const option = defineOption({ name: 'LONG', level: 1, option: SO_RCVLOWAT, codec })
      await using opened = await openKind('tcp4')
      const refused = { option: 'LONG', code: 'ERR_INVALID_VALUE', reason: 'bad-value' }
      await expect(control(opened.socket).set(option, value as Uint8Array)).rejects.toMatchObject(refused)
      expect(() => control(opened.socket).setSync(option, value as Uint8Array)).toThrow(
        expect.objectContaining(refused),
      )
    })
  })

  it('keeps to the access it is given', async () => {
    const definition = { level: 1, option: SO_RCVLOWAT, codec: codecs.int() }
    await using opened = await openKind('udp4')
    const socket = control(opened.socket)
    const readOnly = defineOption({ ...definition, name: 'READ', access: 'read' })
    const writeOnly = defineOption({ ...definition, name: 'WRITE', access: 'write' })
    expect(readOnly.writable).toBe(false)
    expect(writeOnly.readable).toBe(false)
    await expect(socket.set(readOnly as never, 5 as never)).rejects.toMatchObject({
      option: 'READ',
      message: expect.stringMatching(/only be read/),
    })
    await expect(socket.get(writeOnly as never)).rejects.toMatchObject({
      option: 'WRITE',
      message: expect.stringMatching(/only be set/),
    })
  })

  it('runs on a worker thread if it is said to wait', async () => {
    const option = defineOption({ name: 'WAITS', level: 1, option: SO_RCVLOWAT, codec: codecs.int(), waits: true })
    await using opened = await openKind('tcp4')
    const socket = control(opened.socket)
    const set = socket.set(option, 9)
    expect(socket.getSync(option)).not.toBe(9)
    await set
    expect(await socket.get(option)).toBe(9)
  })

  it('of a number the kernel does not have is unsupported', async () => {
    const option = defineOption({ name: 'NONE', level: 1, option: 30_000, codec: codecs.int() })
    await using opened = await openKind('udp4')
    const socket = control(opened.socket)
    await expect(socket.get(option)).rejects.toMatchObject({
      code: 'ENOPROTOOPT',
      reason: 'unsupported',
      option: 'NONE',
    })
    await expect(socket.set(option, 1)).rejects.toMatchObject({
      code: 'ENOPROTOOPT',
      reason: 'unsupported',
      option: 'NONE',
    })
  })
})
