// Splits a line of a script into words.

export interface Words {
  readonly list: readonly string[]
  /** The text as it was written, from the word at `index` on: for values that are JSON. */
  from(index: number): string
}

/** A word is in quotes, or ends at the next blank. A word that begins with `#` begins a comment. */
const WORD = /"(?:[^"\\]|\\.)*"|[^\s"]\S*|"/g

const plain = (word: string): string => {
  if (!/^".*"$/s.test(word) || word.length < 2) return word
  return word.slice(1, -1).replaceAll(/\\(.)/g, '$1')
}

export function splitWords(line: string): Words {
  const found: { text: string; at: number }[] = []
  let end = line.length
  for (const match of line.matchAll(WORD)) {
    if (match[0].startsWith('#')) {
      end = match.index
      break
    }
    found.push({ text: match[0], at: match.index })
  }
  return {
    list: found.map(({ text }) => plain(text)),
    from: (index) => line.slice(found[index]?.at ?? end, end).trim(),
  }
}
