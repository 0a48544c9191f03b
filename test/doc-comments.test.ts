// Every export and every member of the public face says what it is for, and every call what it throws.
import { expect, it } from 'vitest'
import { publicFace } from './support/public-face.ts'

const face = publicFace()
const names = (some: typeof face): string[] => some.map(({ name }) => name)

it('finds the face: overloads, inherited members, what is exported under a name', () => {
  const found = ['control', 'SocketControl.get', 'SocketControl.join', 'SO_KEEPALIVE', 'codecs.linger', 'listenSap']
  expect(names(face)).toEqual(expect.arrayContaining(found))
  expect(names(face)).not.toContain('Sender.onReady')
})

it('has a doc comment on every export and every member', () => {
  expect(names(face.filter(({ doc }) => doc === ''))).toEqual([])
})

it('says of every call what it throws, or that it never throws', () => {
  // The makers and the parts of codecs are pure.
  const calls = face.filter(
    ({ name, kind }) => ['function', 'method'].includes(kind) && !/^(codecs|Codec)\./.test(name),
  )
  expect(names(calls)).toEqual(expect.arrayContaining(['control', 'Receiver.joinAll', 'Membership.leave']))
  expect(names(calls.filter(({ doc }) => !/@throws|[Nn]ever throws/.test(doc)))).toEqual([])
})
