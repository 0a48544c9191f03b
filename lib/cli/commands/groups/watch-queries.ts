// Tells the general queries of `sockctl groups --watch` as they are heard, and queriers that fall silent.

import type { IpFamily } from '../../../net/address.ts'
import { goneAt, type Querier } from '../../../protocols/querier-table.ts'
import type { HeardGeneralQuery, QuerierHearing } from '../../capture/queriers.ts'
import { interfaceLabel } from '../../shell/interface-option.ts'
import type { Output } from '../../shell/output.ts'
import { heardQuerier, protocolName } from './link-queriers.ts'

const clock = (time: Date): string => time.toISOString().slice(11, 19)

/** Tells queries and silences until `stop`. */
export async function watchQueries(
  out: Output,
  hearing: QuerierHearing,
  takesInterface: (index: number) => boolean,
  stop: AbortSignal,
): Promise<void> {
  /** By interface and family: at most one for each. */
  const timers = new Map<string, NodeJS.Timeout>()

  const tell = (event: 'query' | 'silent', index: number, family: IpFamily, querier: Querier, more: object): void => {
    const time = new Date().toISOString()
    const on = interfaceLabel(index)
    const heard = heardQuerier(querier)
    if (out.json) {
      out.object({ event, time, interface: on, index, family, ...heard, ...more })
      return
    }
    const { warn, good, dim } = out.paint
    const what = `${protocolName(family, querier.version)} querier ${querier.address} on ${on}`
    const word = event === 'query' ? good('query ') : warn('silent')
    const when = event === 'query' ? `next by ${clock(heard.nextQuery)}` : `no query since ${clock(heard.lastQuery)}`
    const was = 'previous' in more ? [warn(`before it was ${more.previous}`)] : []
    out.line([dim(time.slice(11, 23)), word, what, when, ...was].join('  '))
  }

  const take = ({ interfaceIndex, family, querier, before }: HeardGeneralQuery): void => {
    if (!takesInterface(interfaceIndex)) return
    const isAnother = before !== undefined && before.address !== querier.address
    tell('query', interfaceIndex, family, querier, isAnother ? { previous: before.address } : {})
    const key = `${family} ${interfaceIndex}`
    clearTimeout(timers.get(key))
    const timer = setTimeout(() => tell('silent', interfaceIndex, family, querier, {}), goneAt(querier) - Date.now())
    timers.set(key, timer)
  }

  try {
    await hearing.listen(stop, take)
  } finally {
    for (const timer of timers.values()) clearTimeout(timer)
  }
}
