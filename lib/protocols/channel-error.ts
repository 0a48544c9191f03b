// The error of a text that is no channel, nor another target.

import { SocketOptionError, show } from '../base/errors.ts'

/** The error of a text that is no channel, nor another target. */
export const wrongChannel = (text: string, problem: string): SocketOptionError =>
  new SocketOptionError(`channel ${show(text)}: ${problem}`, { code: 'ERR_INVALID_CHANNEL', reason: 'bad-value' })
