// Reading files and pipes without taking more memory than they are worth: who names a file may name /dev/zero.

import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { Failure, messageOf } from './failure.ts'

/** All bytes of a file, or of standard input for `-`; a Failure if there are more than `most`. */
export async function readAtMost(file: string, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    const input: AsyncIterable<Buffer> =
      file === '-' ? process.stdin : (await open(file)).createReadStream({ end: most, highWaterMark: 1 << 16 })
    for await (const chunk of input) {
      chunks.push(chunk)
      length += chunk.length
      if (length > most) break
    }
  } catch (error) {
    throw new Failure(`can't read ${file}: ${messageOf(error)}`)
  }
  if (length > most) throw new Failure(`${file === '-' ? 'standard input' : file} has more than ${most} bytes`)
  return Buffer.concat(chunks)
}

/** In characters. */
const LONGEST_LINE = 2 ** 20

/** The lines of a stream as they come; a Failure if one is longer than any that makes sense. */
export async function* linesAsTheyCome(input: Readable): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of input) {
    const lines = (rest + decoder.write(chunk as Buffer)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
    if (rest.length > LONGEST_LINE) throw new Failure(`a line has more than ${LONGEST_LINE} characters`)
  }
  rest += decoder.end()
  if (rest !== '') yield rest
}
