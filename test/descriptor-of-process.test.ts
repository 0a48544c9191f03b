import { control, descriptorOfProcess, openSocket } from 'sockctl'
import { SO_RCVBUF, SO_REUSEADDR } from 'sockctl/options'
import { expect, it } from 'vitest'
import { runCli } from './support/cli.ts'
import { openSockets } from './support/descriptors.ts'
import { spawnScript } from './support/processes.ts'

const code = `
import { openSync } from 'node:fs'
import { openSocket } from 'sockctl'
import { SO_REUSEADDR } from 'sockctl/options'
import { serve } from '${new URL('support/stdio.mjs', import.meta.url)}'
const spec = { family: 'ipv4', type: 'dgram' }
const [plain, reusing] = [await openSocket(spec), await openSocket({ ...spec, options: [[SO_REUSEADDR, true]] })]
const file = openSync('/dev/null')
await serve({ sockets: () => ({ pid: process.pid, plain: plain.fd, reusing: reusing.fd, file }) })
`

interface Sockets {
  pid: number
  plain: number
  reusing: number
  file: number
}

async function otherProcess() {
  const peer = spawnScript({ code })
  const sockets = (await peer.request('sockets', {})) as Sockets
  return { ...sockets, [Symbol.asyncDispose]: () => peer.close() }
}

it('is the same socket: options set by the one are set for the other', async () => {
  await using other = await otherProcess()
  await using descriptor = descriptorOfProcess(other.pid, other.plain)
  await using second = descriptorOfProcess(other.pid, other.plain)
  expect(control(descriptor.fd).getSync(SO_REUSEADDR)).toBe(false)
  control(descriptor.fd).setSync(SO_RCVBUF, 20_000)
  expect(control(second.fd).getSync(SO_RCVBUF)).toBe(40_000)
})

it('leaves nothing open, refused or not', async () => {
  await using own = await openSocket({ family: 'ipv4', type: 'dgram' })
  const before = openSockets()
  const duplicate = descriptorOfProcess(process.pid, own.fd)
  expect(openSockets().length).toBe(before.length + 1)
  await duplicate.close()
  expect(() => duplicate.fd).toThrow(expect.objectContaining({ code: 'ERR_SOCKET_CLOSED' }))
  expect(() => descriptorOfProcess(process.pid, 65_000)).toThrow(
    expect.objectContaining({ code: 'EBADF', message: expect.stringContaining('no such descriptor') }),
  )
  expect(openSockets()).toEqual(before)
})

it('says that there is no such process', async () => {
  const peer = spawnScript({ code })
  const { pid, plain } = (await peer.request('sockets', {})) as Sockets
  await peer.close()
  expect(() => descriptorOfProcess(pid, plain)).toThrow(
    expect.objectContaining({ code: 'ESRCH', syscall: 'pidfd_getfd' }),
  )
})

it.each([0, -1, 1.5, '1', null])('refuses %s as a process', (pid) => {
  expect(() => descriptorOfProcess(pid as number, 0)).toThrow(/^descriptorOfProcess: pid is .* is needed$/)
})

it.each([-1, 2 ** 31, 'x', undefined])('refuses %s as a descriptor', (fd) => {
  expect(() => descriptorOfProcess(process.pid, fd as number)).toThrow(/^descriptorOfProcess: fd is .* is needed$/)
})

it('has sockctl options diff say what differs between two sockets', async () => {
  await using other = await otherProcess()
  const [plain, reusing] = [`${other.pid}:${other.plain}`, `${other.pid}:${other.reusing}`]
  const differing = await runCli(['options', 'diff', plain, reusing])
  expect(differing).toMatchObject({ status: 0, stderr: '' })
  expect(differing.stdout).toMatch(/^NAME +FIRST +SECOND\nSO_REUSEADDR +false +true\n$/)
  const same = await runCli(['options', 'diff', plain, plain])
  expect(same).toMatchObject({ status: 0, stdout: 'no option differs\n' })
  expect((await runCli(['options', 'diff', plain, plain, '--json'])).stdout).toBe('')
})

it('has sockctl options diff say which of the two is no socket', async () => {
  await using other = await otherProcess()
  const refused = await runCli(['options', 'diff', `${other.pid}:${other.plain}`, `${other.pid}:${other.file}`])
  expect(refused).toMatchObject({ status: 1, stdout: '' })
  expect(refused.stderr).toContain(`${other.pid}:${other.file} is no socket`)
  expect(await runCli(['options', 'diff', '1', '2'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('PID:FD is needed'),
  })
})
