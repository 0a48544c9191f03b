import type { Holder } from './descriptor.ts'
import { SocketOptionError } from './errors.ts'
import { type AnyOption, partsOf } from './option.ts'
import * as table from './options/index.ts'
import { getNow } from './sockopt.ts'

const readable = (Object.values(table) as AnyOption[])
  .map(partsOf)
  .filter(
    (option) =>
      option.supported && option.readable && option.codec.question === undefined && option.attributes.consumes !== true,
  )

/** Every readable option of a socket that answers, by C name. */
export function snapshot(holder: Holder): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const option of readable) {
    try {
      values[option.name] = getNow(holder, option, undefined)
    } catch (error) {
      if (!(error instanceof SocketOptionError) || error.reason === 'closed') throw error
    }
  }
  return values
}
