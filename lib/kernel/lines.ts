// A reader of the kernel's text files, a line and a word at a time, that leaves no garbage behind.

const TAB = 9
const BLANK = 32
const ZERO = 48
const NINE = 57

/**
 * The lines of one of the kernel's text files. Made for files of thousands of lines: a regular expression makes an
 * array and its strings for each line, and a short program then spends most of its time on collecting them.
 */
export class Lines {
  private readonly text: string
  private at = -1

  constructor(text: string) {
    this.text = text
  }

  /** Moves to the next line; the first call moves to the first line. False at the end of the text. */
  next(): boolean {
    this.at = this.at < 0 ? 0 : this.endOfLine() + 1
    return this.at < this.text.length
  }

  /** True if the rest of the line begins with a tab. */
  get indented(): boolean {
    return this.text.charCodeAt(this.at) === TAB
  }

  /** Reads the next word of the line; '' at the line's end. */
  word(): string {
    let char = this.afterBlanks()
    const start = this.at
    while (char > BLANK) char = this.text.charCodeAt(++this.at)
    return this.text.slice(start, this.at)
  }

  /** Reads the next decimal number of the line; NaN if the next word does not begin with a digit, or if it is too large. */
  number(): number {
    let char = this.afterBlanks()
    let value = char >= ZERO && char <= NINE ? 0 : Number.NaN
    for (; char >= ZERO && char <= NINE; char = this.text.charCodeAt(++this.at)) value = value * 10 + char - ZERO
    return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN
  }

  /** The rest of the line, which stays unread. */
  rest(): string {
    return this.text.slice(this.at, this.endOfLine())
  }

  private endOfLine(): number {
    const end = this.text.indexOf('\n', this.at)
    return end < 0 ? this.text.length : end
  }

  private afterBlanks(): number {
    let char = this.text.charCodeAt(this.at)
    while (char === BLANK || char === TAB) char = this.text.charCodeAt(++this.at)
    return char
  }
}
