import { control, toJson } from 'sockctl'
import { TCP_INFO } from 'sockctl/options'
import { expect, it } from 'vitest'
import { openKind } from './support/sockets.ts'

it('gives what the kernel tells as JSON, where JSON.stringify refuses', async () => {
  await using kind = await openKind('tcp4')
  const c = control(kind.socket)
  const info = c.getSync(TCP_INFO)
  expect(() => JSON.stringify(info)).toThrow(TypeError)
  expect(JSON.parse(toJson(info))).toMatchObject({ state: 'ESTABLISHED', bytes_acked: String(info.bytes_acked) })
  expect(JSON.parse(toJson(await c.snapshot()))).toHaveProperty('TCP_INFO.snd_mss')
})

it.each([
  [1n, '"1"'],
  [new Uint8Array([1, 255]), '"01ff"'],
  [{ data: Buffer.from('a'), when: 2n ** 63n }, '{"data":"61","when":"9223372036854775808"}'],
  [undefined, 'null'],
  ['\u001b\u009b\u202e', '"\\u001b\\u009b\\u202e"'],
])('gives %o as %s', (value, text) => {
  expect(toJson(value)).toBe(text)
})
