// The addresses of MPTCP's subflows in answers of every length, and what the kernel tells of a connection.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { codecs } from 'sockctl'
import { describe, expect, it } from 'vitest'
import { describeUnless, inNamespace } from './support/namespace.ts'

describe('the addresses of MPTCP’s subflows', () => {
  const subflow = (port: number) => {
    const bytes = Buffer.alloc(256)
    for (const [at, last] of [
      [0, 1],
      [128, 2],
    ] as const)
      bytes.set([2, 0, port >> 8, port & 255, 192, 0, 2, last], at)
    return bytes
  }
  const told = (port: number) => ({
    local: { family: 'ipv4', address: '192.0.2.1', port },
    remote: { family: 'ipv4', address: '192.0.2.2', port },
  })
  const read = (count: number, kernel: number, user: number, ...subflows: Buffer[]) =>
    codecs.mptcpSubflowAddresses.fromNative(
      Buffer.concat([Buffer.from(new Uint32Array([16, count, kernel, user]).buffer), ...subflows]) as never,
    )

  it('are as many as the kernel says and the answer holds', () => {
    const two = [subflow(1000), subflow(2000)]
    expect(read(2, 256, 256, ...two)).toEqual([told(1000), told(2000)])
    expect(read(1, 256, 256, ...two)).toEqual([told(1000)])
    expect(read(9, 256, 256, ...two)).toEqual([told(1000), told(2000)])
    expect(read(2, 256, 256, subflow(1000), subflow(2000).subarray(0, 255))).toEqual([told(1000)])
    expect(read(0, 256, 256, ...two)).toEqual([])
  })
  it('are none if they have no size', () => {
    expect(read(2, 0, 256, subflow(1000))).toEqual([])
    expect(read(2, 256, 0, subflow(1000))).toEqual([])
  })
})

// A connection of MPTCP whose client node inherits as descriptor 100.
const CONNECT = `
import os, sys
from socket import *
try:
    server = socket(AF_INET, SOCK_STREAM, 262)
except OSError as error:
    print(error.strerror); sys.exit(3)
server.bind(('127.0.0.1', 0))
server.listen()
client = socket(AF_INET, SOCK_STREAM, 262)
client.connect(server.getsockname())
accepted = server.accept()[0]
client.send(b'hello')
accepted.recv(5)
os.dup2(client.fileno(), 100)
os.set_inheritable(accepted.fileno(), True)
os.execvp(sys.argv[1], sys.argv[1:])
`
const READ = `
import { control } from 'sockctl'
import { MPTCP_FULL_INFO, MPTCP_INFO, MPTCP_SUBFLOW_ADDRS, MPTCP_TCPINFO } from 'sockctl/options'
const told = Object.fromEntries([MPTCP_FULL_INFO, MPTCP_INFO, MPTCP_SUBFLOW_ADDRS, MPTCP_TCPINFO].map((option) => [option.name, control(100).getSync(option)]))
console.log(JSON.stringify(told, (_, value) => (typeof value === 'bigint' ? String(value) : value)))`

describeUnless(inNamespace ? undefined : 'it needs the namespace of the tests', 'a connection of MPTCP', () => {
  it('tells its state, and that of each subflow, in one answer as in several', ({ skip }) => {
    const node = [process.execPath, '--input-type=module', '--eval', READ]
    const cwd = fileURLToPath(new URL('..', import.meta.url))
    const child = spawnSync('python3', ['-c', CONNECT, ...node], { cwd, encoding: 'utf8' })
    if (child.status === 3) return skip(`this kernel has no MPTCP: ${child.stdout.trim()}`)
    expect(child.stderr).toBe('')
    const { MPTCP_FULL_INFO: full, ...others } = JSON.parse(child.stdout)
    expect(full.num_subflows).toBe(1)
    expect(full.subflows).toHaveLength(1)
    const [{ local, remote, tcp_info: state }] = full.subflows
    expect([{ local, remote }]).toEqual(others.MPTCP_SUBFLOW_ADDRS)
    expect(full.mptcp_info.token).toBe(others.MPTCP_INFO.token)
    expect(others.MPTCP_TCPINFO).toHaveLength(1)
    // What changes from one call to the next is left out.
    for (const name of ['state', 'snd_mss', 'advmss', 'snd_wscale', 'options', 'pmtu', 'data_segs_out', 'bytes_sent'])
      expect(state[name], name).toEqual(others.MPTCP_TCPINFO[0][name])
    expect(state.state).toBe('ESTABLISHED')
    expect(state.bytes_sent).toBe('5')
  })
})
