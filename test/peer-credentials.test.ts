import { once } from 'node:events'
import { closeSync, readFileSync } from 'node:fs'
import net from 'node:net'
import { control } from 'sockctl'
import { SO_PEERCRED, SO_PEERGROUPS, SO_PEERPIDFD } from 'sockctl/options'
import { expect, it } from 'vitest'
import { describeInNamespace } from './support/namespace.ts'
import { spawnScript } from './support/processes.ts'

const CHILD = `
import net from 'node:net'
import { serve, tell } from '${new URL('./support/stdio.mjs', import.meta.url)}'
const socket = net.connect('\\0' + process.argv.at(-1))
socket.on('connect', () => tell({ connected: process.pid }))
serve({})
`

/** Without the process's own group, which process.getgroups() adds. */
function supplementaryGroups(pid: number): number[] {
  const [, groups = ''] = /^Groups:[ \t]*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return groups.split(' ').filter(Boolean).map(Number)
}

describeInNamespace('the other end of a Unix socket', () => {
  it('is the process that connected', async () => {
    const path = `\0sockctl-credentials-${process.pid}`
    const server = net.createServer().listen(path)
    await once(server, 'listening')
    const accepted = once(server, 'connection')
    const child = spawnScript({ code: CHILD }, [path.slice(1)])
    const [peer] = (await accepted) as [net.Socket]
    const socket = control(peer)

    expect(await socket.get(SO_PEERCRED)).toEqual({
      pid: child.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    })
    expect(await socket.get(SO_PEERGROUPS)).toEqual(supplementaryGroups(child.pid))
    const pidfd = await socket.get(SO_PEERPIDFD)
    expect(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'utf8')).toMatch(new RegExp(`^Pid:\\s*${child.pid}$`, 'm'))
    closeSync(pidfd)

    peer.destroy()
    server.close()
    await child.close()
  })
})
