// C++ as text: what of it is code, and where its brackets close.

const blank = (text) => text.replace(/[^\n]/g, ' ')

/** The source with comments, strings and preprocessor lines blanked, each character still at its offset. */
export function codeOf(source) {
  const skipped = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"\(([\s\S]*?)\)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/g
  return source.replace(skipped, blank).replace(/^[ \t]*#(?:[^\n]*\\\n)*[^\n]*/gm, blank)
}

/** The offset behind the bracket that closes the one at `open`. */
export function behindBracket(code, open) {
  const closing = { '(': ')', '[': ']', '{': '}' }[code[open]]
  let depth = 0
  for (let offset = open; offset < code.length; offset++) {
    if (code[offset] === code[open]) depth++
    if (code[offset] === closing && --depth === 0) return offset + 1
  }
  return code.length
}
