// The names in the pages of the documentation against the code: each stands for something that is there, and none is missing.
import * as options from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { sectionOf } from './support/pages.ts'

const capitals = (text: string): string[] =>
  [...text.matchAll(/`([A-Z][A-Z\d]*_[A-Z\d_]+)`/g)].map(([, name = '']) => name)

describe('docs/options.md', () => {
  it('names options that the table has, in "Which option for what"', () => {
    const named = capitals(sectionOf('docs/options.md', 'Which option for what'))
    expect(named.length).toBeGreaterThan(100)
    expect(named.filter((name) => !Object.hasOwn(options, name))).toEqual([])
  })
})
