const TAB = 9
const BLANK = 32
const ZERO = 48
const NINE = 57

/**
 * A text of the kernel's, read a line and a word at a time. For thousands of lines: regular expressions leave an array
 * and its strings behind for each, and a short program then mostly collects those.
 */
export class Lines {
  private readonly text: string
  private at = -1

  constructor(text: string) {
    this.text = text
  }

  /** Goes to the next line, the first at first; false at the end. */
  next(): boolean {
    this.at = this.at < 0 ? 0 : this.endOfLine() + 1
    return this.at < this.text.length
  }

  /** Whether what is left of the line begins with a tab. */
  get indented(): boolean {
    return this.text.charCodeAt(this.at) === TAB
  }

  /** The next word of the line, '' at its end. */
  word(): string {
    let char = this.afterBlanks()
    const start = this.at
    while (char > BLANK) char = this.text.charCodeAt(++this.at)
    return this.text.slice(start, this.at)
  }

  /** The decimal number that is next on the line; NaN where there is none. */
  number(): number {
    let char = this.afterBlanks()
    let value = char >= ZERO && char <= NINE ? 0 : Number.NaN
    for (; char >= ZERO && char <= NINE; char = this.text.charCodeAt(++this.at)) value = value * 10 + char - ZERO
    return value
  }

  /** What is left of the line. */
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
