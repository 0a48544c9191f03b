// How many functions of the library a join runs through, as V8 counts them: a newcomer is to follow it from end to end.
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnScript } from './support/processes.ts'

const code = `
  import { createSocket } from 'node:dgram'
  import { once } from 'node:events'
  import { readFileSync } from 'node:fs'
  import { Session } from 'node:inspector/promises'
  import { control } from 'sockctl'
  import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'

  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const c = control(socket)
  const join = (group) => c.join({ group, source: '127.0.0.2', interface: 'lo' })
  // What is done once is done before the count begins.
  await join('232.1.1.1')

  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  await session.post('Profiler.takePreciseCoverage')
  const membership = await join('232.1.1.2')
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()

  const dist = new URL('.', import.meta.resolve('sockctl')).href
  const entered = []
  for (const { url, functions } of result) {
    if (!url.startsWith(dist)) continue
    const text = readFileSync(new URL(url), 'utf8')
    for (const { functionName, ranges: [whole] } of functions) {
      if (whole.count === 0) continue
      const line = text.slice(0, whole.startOffset).split('\\n').length
      const begins = text.slice(whole.startOffset, whole.startOffset + 60).replaceAll(/\\s+/g, ' ')
      entered.push((functionName || begins) + ' (' + url.slice(dist.length) + ':' + line + ')')
    }
  }
  socket.close()
  tell({ entered, joined: membership.group })`

describeInNamespace('a join by the name of an interface', () => {
  it('enters at most 37 functions', async () => {
    await using child = spawnScript({ code })
    const { entered, joined } = await child.next<{ entered: string[]; joined: string }>()
    expect(joined).toBe('232.1.1.2')
    expect(entered).toContainEqual(expect.stringMatching(/^(batch\.)?settleNext /))
    expect(entered.length, entered.join('\n')).toBeLessThanOrEqual(37)
  })
})
