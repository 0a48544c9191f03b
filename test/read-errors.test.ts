// What becomes of a read that fails beside one that brings data: both reach the reader, each once and in their order.
import { constants } from 'node:os'
import { expect, it } from 'vitest'
import { sysctl } from './support/commands.ts'
import { describeInNamespace } from './support/namespace.ts'
import { buildPreload, preloading } from './support/preload.mjs'
import { spawnScript } from './support/processes.ts'

const code = `
  import { openReceiver, openSender } from 'sockctl'
  import { tell } from '${new URL('support/stdio.mjs', import.meta.url)}'

  const groups = ['239.8.1.1', '239.8.1.2', '239.8.1.3']
  const receiver = await openReceiver({ channels: groups.map((group) => ({ group, interface: 'lo' })) })
  const sender = await openSender({ interface: 'lo' })
  for (const address of groups) await sender.send(Buffer.from(address), { address, port: receiver.address.port })
  const reads = []
  let delivered = 0
  let reader = receiver[Symbol.asyncIterator]()
  while (delivered < groups.length) {
    const read = await reader.next().then(
      ({ value }) => value.map(({ destination }) => destination),
      ({ code, syscall, reason }) => {
        // An error ends its reader; another goes on.
        reader = receiver[Symbol.asyncIterator]()
        return [code, syscall, reason].join(' ')
      },
    )
    reads.push(read)
    if (Array.isArray(read)) delivered += read.length
  }
  tell({ sockets: receiver.stats().sockets, groups, reads, stats: receiver.stats() })
  process.exit()`

describeInNamespace('of three sockets with a datagram each', () => {
  const library = buildPreload('faults')

  it.each([1, 2, 3])('the one whose read fails, number %i, takes nothing from the others', async (failing) => {
    // One group a socket.
    using _ = sysctl('net.ipv4.igmp_max_memberships', 1)
    const faults = [preloading(library), `SOCKCTL_FAULT=recvmmsg ${failing} ${constants.errno.EIO}`]
    await using peer = spawnScript({ code }, [], ['env', ...faults])
    const { sockets, groups, reads, stats } = await peer.next<{
      sockets: number
      groups: string[]
      reads: (string | string[])[]
      stats: object
    }>()
    expect(sockets).toBe(3)
    const error = 'EIO recvmmsg system'
    // Sockets are read in the order in which they became ready.
    const before = groups.slice(0, failing - 1)
    expect(reads.slice(0, before.length > 0 ? 2 : 1)).toEqual(before.length > 0 ? [before, error] : [error])
    expect(reads.filter((read) => read === error)).toHaveLength(1)
    expect(
      reads
        .filter((read) => read !== error)
        .flat()
        .sort(),
    ).toEqual(groups)
    expect(stats).toMatchObject({ datagrams: 3, dropped: 0 })
  })
})

describeInNamespace('a receiver without a poller', () => {
  const library = buildPreload('faults')
  const opening = `
    import { openReceiver } from 'sockctl'
    import { tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'
    const opened = openReceiver({ address: '127.0.0.1' })
    tell(await opened.then(() => ({}), ({ code, syscall, reason, message }) => ({ code, syscall, reason, message })))`

  it.each([
    ['epoll_create1', 'EMFILE', /^wait for descriptors: .*ulimit -n.* \(EMFILE: /],
    ['epoll_ctl', 'ENOSPC', /^watch the descriptor: raise the sysctl fs\.epoll\.max_user_watches \(ENOSPC: /],
  ] as const)('is told that %s failed with %s, and what to do', async (syscall, errno, message) => {
    const faults = [`LD_PRELOAD=${library}`, `SOCKCTL_FAULT=${syscall} 1 ${constants.errno[errno]}`]
    await using peer = spawnScript({ code: opening }, [], ['env', ...faults])
    expect(await peer.next()).toEqual({
      code: errno,
      syscall,
      reason: 'limit',
      message: expect.stringMatching(message),
    })
  })
})
