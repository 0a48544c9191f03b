// Options whose answer comes as a control message say where a program finds the answer.
import { readFileSync } from 'node:fs'
import * as options from 'sockctl/options'
import { expect, it } from 'vitest'

interface Docs {
  options: { name: string; does: string }[]
}

const { options: docs } = JSON.parse(
  readFileSync(new URL('../dist/options/docs.json', import.meta.url), 'utf8'),
) as Docs
const docOf = (name: string): string => docs.find((option) => option.name === name)?.does ?? ''

it('names the field of Datagram that the reader fills', () => {
  const rows =
    readFileSync(new URL('../lib/datagram/ancillary.ts', import.meta.url), 'utf8').split('const ROWS')[1] ?? ''
  const fields = [...rows.matchAll(/^ {2}(\w+): \{.*?(?=^ {2}\w+: \{|^\})/gms)]
  const told = fields.flatMap(([row, field = '']) =>
    [...row.matchAll(/\b(?:[A-Z\d]+_)+[A-Z\d]+\b/g)]
      .filter(([name]) => name in options)
      .map(([name]) => [name, field] as const),
  )
  expect(told.length).toBeGreaterThan(10)
  for (const [name, field] of told) expect(docOf(name), name).toMatch(new RegExp(`\`Datagram\\.(${field}|timestamp)\``))
})

it('says of every option that tells something with what is received where that is', () => {
  const telling = docs.filter(({ name, does }) => {
    const { expects, writable } = (options as Record<string, { expects: string; writable: boolean }>)[name] ?? {}
    return (
      writable === true &&
      expects === 'true or false' &&
      /^(with each message, )?(tell|give) .*(each (datagram|message|packet) |each (datagram|message|packet)\.|with each receive)/.test(
        does,
      )
    )
  })
  expect(telling.length).toBeGreaterThan(20)
  const silent = telling.filter(
    ({ does }) => !/Datagram\.\w+|Node reads for you|event `|Nothing of this library reads|In no field/.test(does),
  )
  expect(silent.map(({ name, does }) => `${name}: ${does}`)).toEqual([])
})

it.each(['TCP_INQ', 'SO_INQ', 'SO_PEEK_OFF'])('says of %s that Node reads streams', (name) => {
  expect(docOf(name)).toContain('Node reads for you')
})
