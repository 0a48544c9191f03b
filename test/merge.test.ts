// Several async iterables read as one: in the order in which values come, with an error of any, and none asked ahead.
import { expect, it } from 'vitest'
import { merged } from '../lib/base/merge.ts'

async function* listOf(values: readonly string[], asked: string[] = []): AsyncGenerator<string> {
  for (const value of values) {
    asked.push(value)
    yield value
  }
}

/** A source that gives what is put into it, until it ends or fails. */
function channel() {
  const waiting: (() => void)[] = []
  const steps: (() => string | undefined)[] = []
  let closed = false
  const add = (step: () => string | undefined): void => {
    steps.push(step)
    waiting.shift()?.()
  }
  async function* read(): AsyncGenerator<string> {
    try {
      for (;;) {
        if (steps.length === 0) await new Promise<void>((wake) => waiting.push(wake))
        const value = steps.shift()?.()
        if (value === undefined) return
        yield value
      }
    } finally {
      closed = true
    }
  }
  return {
    source: read(),
    give: (value: string) => add(() => value),
    end: () => add(() => undefined),
    fail: (error: Error) =>
      add(() => {
        throw error
      }),
    isClosed: () => closed,
  }
}

it('gives every value of every source, and ends with the last source', async () => {
  const values: string[] = []
  for await (const value of merged([listOf(['a', 'b', 'c']), listOf([]), listOf(['x', 'y'])])) values.push(value)
  expect(values.sort()).toEqual(['a', 'b', 'c', 'x', 'y'])
})

it('gives a value when it comes, whichever source it comes from', async () => {
  const [first, second] = [channel(), channel()]
  const reader = merged([first.source, second.source])
  for (const [from, value] of [
    [second, 'one'],
    [second, 'two'],
    [first, 'three'],
  ] as const) {
    const next = reader.next()
    from.give(value)
    expect(await next).toEqual({ done: false, value })
  }
  const last = reader.next()
  first.end()
  second.end()
  expect(await last).toEqual({ done: true, value: undefined })
})

it('asks a source for its next value only when its last one was taken', async () => {
  const asked: string[] = []
  const reader = merged([listOf(['a', 'b', 'c'], asked)])
  expect(await reader.next()).toMatchObject({ value: 'a' })
  expect(asked).toEqual(['a'])
  expect(await reader.next()).toMatchObject({ value: 'b' })
  expect(asked).toEqual(['a', 'b'])
})

it('throws the error of a source, though others go on', async () => {
  const [good, bad] = [channel(), channel()]
  const reader = merged([good.source, bad.source])
  const next = reader.next()
  bad.fail(new Error('the socket is gone'))
  await expect(next).rejects.toThrow('the socket is gone')
})

it('gives the values that came before an error, then the error', async () => {
  const bad = channel()
  const reader = merged([bad.source])
  bad.give('before')
  bad.fail(new Error('the socket is gone'))
  expect(await reader.next()).toEqual({ done: false, value: 'before' })
  await expect(reader.next()).rejects.toThrow('the socket is gone')
})

it('lets go of a source whose value nobody took, once the loop is left', async () => {
  const [taken, ready] = [channel(), channel()]
  taken.give('taken')
  ready.give('not taken')
  for await (const value of merged([taken.source, ready.source])) {
    expect(value).toBe('taken')
    break
  }
  await expect.poll(() => [taken.isClosed(), ready.isClosed()]).toEqual([true, true])
})

it('lets go of a source at its next value, once the loop is left', async () => {
  const [taken, late] = [channel(), channel()]
  taken.give('taken')
  for await (const _ of merged([taken.source, late.source])) break
  expect(late.isClosed()).toBe(false)
  late.give('too late')
  await expect.poll(late.isClosed).toBe(true)
})
