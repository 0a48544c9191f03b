// Colours for a terminal.

import { styleText } from 'node:util'

type Brush = (text: string) => string

/** Each brush colours a text; it leaves the text plain if the output is no terminal, or NO_COLOR is set. */
export interface Paint {
  good: Brush
  bad: Brush
  warn: Brush
  dim: Brush
  strong: Brush
}

export function paint(out: { isTTY?: boolean }): Paint {
  const plain = out.isTTY !== true || (process.env.NO_COLOR ?? '') !== ''
  const brush =
    (style: Parameters<typeof styleText>[0]): Brush =>
    (text) =>
      plain || text === '' ? text : styleText(style, text)
  return { good: brush('green'), bad: brush('red'), warn: brush('yellow'), dim: brush('dim'), strong: brush('bold') }
}
