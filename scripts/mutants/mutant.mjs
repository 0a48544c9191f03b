// A mutant as the other files take it: one small change of one file, told so that it is found again after small moves.

const squeeze = (text) => text.replace(/\s+/g, ' ').trim()

/**
 * The change of `source` from `start` to `end`. `before` and `after` are the whole lines it is in: with `file` they are
 * its key, which holds while the lines do, wherever in the file they stand.
 */
export function mutantOf({ file, source, start, end, replacement, ...more }) {
  const lineStart = source.lastIndexOf('\n', start - 1) + 1
  const nextLine = source.indexOf('\n', end)
  const lineEnd = nextLine < 0 ? source.length : nextLine
  return {
    ...more,
    file,
    room: roomOf(file),
    line: source.slice(0, start).split('\n').length,
    start,
    end,
    original: squeeze(source.slice(start, end)),
    replacement,
    before: squeeze(source.slice(lineStart, lineEnd)),
    after: squeeze(source.slice(lineStart, start) + replacement + source.slice(end, lineEnd)),
  }
}

/** `lib/calls`, `native/codec`; codecs are a room of their own, since more is asked of them than of the tables. */
export function roomOf(file) {
  if (/^lib\/options\/codecs[/.]/.test(file)) return 'lib/options/codecs'
  return file.split('/').slice(0, 2).join('/')
}

export const keyOf = ({ file, before, after }) => `${file}\n${before}\n${after}`

const short = (text) => (text.length > 90 ? `${text.slice(0, 60)} ... ${text.slice(-25)}` : text)

/** One line that says which change a mutant is. */
export const told = ({ file, line, original, replacement }) =>
  `${file}:${line}  ${short(original)}  →  ${short(squeeze(replacement)) || '(nothing)'}`
