import { describe, expect, it } from 'vitest'
import { decodeSdp, encodeSdp } from '../../lib/protocols/sdp-text.ts'
import { fc } from '../support/property.ts'

const text = (name: string, charset?: string) =>
  ['v=0', 'o=- 1 1 IN IP4 10.0.0.1', `s=${name}`, ...(charset === undefined ? [] : [`a=charset:${charset}`]), ''].join(
    '\r\n',
  )

describe('the text of a description', () => {
  it.each(['ISO-8859-1', 'iso-8859-1', 'iso_8859-1', 'latin1'])('is read by its charset %s', (charset) => {
    const said = text('Café Zürich ÿ', charset)
    expect(decodeSdp(Buffer.from(said, 'latin1'))).toEqual({ text: said })
    expect(encodeSdp(said)).toEqual(new Uint8Array(Buffer.from(said, 'latin1')))
  })

  it.each([undefined, 'UTF-8', 'utf8', 'US-ASCII'])('is UTF-8 with the charset %s', (charset) => {
    const said = text('Café 東京', charset)
    expect(decodeSdp(Buffer.from(said))).toEqual({ text: said })
    expect(encodeSdp(said)).toEqual(new Uint8Array(Buffer.from(said)))
  })

  it('is read in other charsets too', () => {
    const bytes = Buffer.concat([Buffer.from(text('', 'windows-1251').replace('s=', 's=\0')), Buffer.from([0xcf])])
    expect(decodeSdp(bytes).text.endsWith('П')).toBe(true)
  })

  it('is read as ISO-8859-1 if it is no UTF-8 and names no charset, which is told', () => {
    const said = text('Café')
    expect(decodeSdp(Buffer.from(said, 'latin1'))).toEqual({ text: said, problem: expect.stringContaining('no UTF-8') })
  })

  it('is read as UTF-8 if its charset is unknown, which is told', () => {
    const said = text('Café', 'klingon')
    expect(decodeSdp(Buffer.from(said))).toEqual({ text: said, problem: expect.stringContaining("'klingon'") })
    expect(encodeSdp(said)).toEqual({ malformed: expect.stringContaining("'klingon'") })
  })

  it('keeps a byte order mark, for those who refuse it', () => {
    expect(decodeSdp(Buffer.from('\ufeffv=0')).text).toBe('\ufeffv=0')
  })

  it('is not written in ISO-8859-1 with a character that it lacks', () => {
    expect(encodeSdp(text('東', 'ISO-8859-1'))).toEqual({ malformed: expect.stringContaining("'東'") })
  })

  it('is read, whatever the bytes, and no byte of ISO-8859-1 is lost', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('', 'UTF-16', 'x', 'ISO-8859-1'),
        (bytes, charset) => {
          const all = Buffer.concat([Buffer.from(`a=charset:${charset}\n`), bytes])
          const { text: said } = decodeSdp(all)
          if (charset === 'ISO-8859-1') expect(Buffer.from(said, 'latin1').equals(all)).toBe(true)
        },
      ),
    )
  })
})
