// Raw, packet and Unix sockets on the command line, against other programs.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type Running, runCli, startCli, startProgram } from '../support/cli.ts'
import { describeOnHosts, onHost } from '../support/hosts.ts'
import { describeInNamespace } from '../support/namespace.ts'
import { scratchFile } from '../support/scratch.ts'
import { describeWithSocat, startSocat } from '../support/socat.ts'

interface Told {
  event: string
  source: Record<string, unknown> | undefined
  interface?: string
  destination?: string
  hopLimit?: number
  vlan?: object
  credentials?: { pid: number }
  descriptors?: number
  data: string
  messages: number
  bytes: number
}

const python = (code: string, prefix: readonly string[] = []): Promise<unknown> =>
  startProgram(['python3', '-c', `from socket import *\n${code}`], { prefix }).ended.then(({ status, stderr }) =>
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' }),
  )

const isMessage = ({ event }: Told): boolean => event === 'message'

async function receiving(target: string, ...args: string[]): Promise<Running> {
  const receive = startCli(['receive', target, '--json', ...args])
  expect(await receive.object<Told>(({ event }) => event === 'listening')).toEqual({ event: 'listening', target })
  return receive
}

async function sends(args: string[], input?: string): Promise<void> {
  const { status, stderr } = await runCli(['send', ...args], input === undefined ? {} : { input })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
}

/** A Python program that says when it is ready, and then prints what it receives in hexadecimal. */
async function pythonReceiving(open: string, prefix: readonly string[] = []): Promise<Running> {
  const code = `from socket import *\n${open}\nprint("ready")\nwhile True: print(s.recv(65535).hex())`
  const peer = startProgram(['python3', '-u', '-c', code], { prefix })
  await peer.line(/^ready$/)
  return peer
}

const FRAME = `ffffffffffff 02005e100001 88b5 ${'ab'.repeat(46)}`
const frameBytes = Buffer.from(FRAME.replaceAll(' ', ''), 'hex')

describeOnHosts('sockctl with raw and packet sockets', (hosts) => {
  const onB = (): string[] => onHost(hosts(), 'B')

  it('receives the packets of a protocol, with the IPv4 header, and joins a group', async () => {
    const { a, b } = hosts().pairs[0]
    const receive = await receiving('raw:103@224.0.0.13', '-i', a.name, '--expect', '1')
    await python(
      `s = socket(AF_INET, SOCK_RAW, 103)
s.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, inet_aton("${b.ipv4[0]}"))
s.sendto(b"hello PIM", ("224.0.0.13", 0))`,
      onB(),
    )
    const { data, ...message } = await receive.object(isMessage)
    expect(message).toMatchObject({
      source: { address: b.ipv4[0] },
      destination: '224.0.0.13',
      interface: a.name,
      hopLimit: 1,
    })
    expect(Buffer.from(data, 'hex').subarray(20).toString()).toBe('hello PIM')
    expect((await receive.ended).objects().at(-1)).toMatchObject({
      event: 'summary',
      messages: 1,
      bytes: 29,
      dropped: 0,
    })
  })

  it('receives the packets of a protocol of IPv6, without a header', async () => {
    const { a, b } = hosts().pairs[0]
    const receive = await receiving('raw:253@::', '-c', '1')
    await python(
      `s = socket(AF_INET6, SOCK_RAW, 253)
s.bind(("${b.ipv6[0]}", 0))
s.sendto(b"six", ("${a.ipv6[0]}", 0))`,
      onB(),
    )
    expect(await receive.object(isMessage)).toMatchObject({
      source: { address: b.ipv6[0] },
      data: Buffer.from('six').toString('hex'),
    })
    expect((await receive.ended).status).toBe(0)
  })

  it('sends packets of a protocol to a host and to a group, by the interface and with the hop limit asked for', async () => {
    const { a, b } = hosts().pairs[0]
    const peer = await pythonReceiving(
      `s = socket(AF_INET, SOCK_RAW, 103)
s.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, inet_aton("224.0.0.13") + inet_aton("${b.ipv4[0]}"))`,
      onB(),
    )
    for (const [target, ttl, ...more] of [
      [`raw:103@${b.ipv4[0]}`, 64],
      ['raw:103@224.0.0.13', 1, '-i', a.name],
      ['raw:103@224.0.0.13', 9, '-i', a.name, '--hops', '9'],
    ] as const) {
      await sends([target, '--hex', '20:00 dfff', ...more])
      const packet = Buffer.from(await peer.line(/./), 'hex')
      expect({
        ttl: packet[8],
        source: packet.subarray(12, 16).join('.'),
        data: packet.subarray(20).toString('hex'),
      }).toEqual({ ttl, source: a.ipv4[0], data: '2000dfff' })
    }
  })

  it('says that a host takes no such protocol', async () => {
    const { b } = hosts().pairs[0]
    // Linux hands on an ICMP error only if it quotes eight bytes behind the IP header.
    const { status, stderr } = await runCli(['send', `raw:253@${b.ipv4[0]}`, 'eight bytes or more'])
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `sockctl send: ENOPROTOOPT: ${b.ipv4[0]} does not take this protocol (ICMP of ${b.ipv4[0]})\n`,
    })
  })

  it('receives whole frames of one Ethernet protocol', async () => {
    const { a, b } = hosts().pairs[0]
    const receive = await receiving(`packet:${a.name}:0x88b5`, '--expect', '1')
    const send = `s = socket(AF_PACKET, SOCK_RAW)
s.bind(("${b.name}", 0))
s.send(bytes.fromhex("${FRAME.replace('88b5', '88b6')}"))
s.send(bytes.fromhex("${FRAME}"))`
    await python(send, onB())
    expect(await receive.object(isMessage)).toMatchObject({
      source: { interface: a.name, protocol: 0x88b5, hardwareAddress: '02:00:5e:10:00:01', packetType: 'broadcast' },
      data: frameBytes.toString('hex'),
    })
    expect((await receive.ended).status).toBe(0)
  })

  it('tells the VLAN of a frame in its line, with the bytes by --hex', async () => {
    const { a, b } = hosts().pairs[0]
    const receive = startCli(['receive', `packet:${a.name}`, '--hex'])
    // The kernel lists packet sockets with their protocol.
    await expect.poll(() => readFileSync('/proc/net/packet', 'utf8')).toMatch(/ 0003 /)
    const send = `s = socket(AF_PACKET, SOCK_RAW)
s.bind(("${b.name}", 0))
s.send(bytes.fromhex("0180c200000e 02005e100001 8100 6005 88cc 0207${'00'.repeat(44)}"))`
    await python(send, onB())
    expect(await receive.line(/vlan/)).toMatch(
      /^\d\d:\d\d:\d\d\.\d{6} {2}a0 {2}02:00:5e:10:00:01 {2}ETH_P_\w+ {2}multicast {2}vlan 5 {2}60 bytes$/,
    )
    expect(await receive.line(/./)).toMatch(/^ {2}00000 {2}01 80 c2 00 00 0e/)
    receive.kill('SIGINT')
    const { status, stdout } = await receive.ended
    expect(status).toBe(0)
    expect(stdout).toMatch(/\n\d+ messages?, \d+ bytes in .* s: 0 dropped by the kernel\n$/)
  })

  it.each(['--hex', '--file'])('sends a whole frame, by %s', async (by) => {
    const { a, b } = hosts().pairs[0]
    const peer = await pythonReceiving(
      `s = socket(AF_PACKET, SOCK_RAW, htons(0x88b5))\ns.bind(("${b.name}", 0x88b5))`,
      onB(),
    )
    const file = scratchFile('frame')
    writeFileSync(file, frameBytes)
    await sends([`packet:${a.name}`, by, by === '--hex' ? FRAME : file])
    expect(await peer.line(/./)).toBe(frameBytes.toString('hex'))
  })

  it('says that a frame is longer than the MTU', async () => {
    const { a } = hosts().pairs[0]
    const { status, stderr } = await runCli(['send', `packet:${a.name}`, '--hex', `${FRAME}${'00'.repeat(2000)}`])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl send: [^\n]*MTU[^\n]*EMSGSIZE[^\n]*\n$/)
  })
})

it('receives at a Unix path, tells the text, the sender and descriptors, and removes the path', async () => {
  const path = scratchFile('path.sock')
  const receive = startCli(['receive', `unix:${path}`, '--count', '2'])
  await expect.poll(() => existsSync(path)).toBe(true)
  const send = `import os, array
s = socket(AF_UNIX, SOCK_DGRAM)
s.connect("${path}")
s.send(b"READY=1\\nSTATUS=up")
s.sendmsg([b"two"], [(SOL_SOCKET, SCM_RIGHTS, array.array("i", [1, 2]))])`
  await python(send)
  const { status, stdout, stderr } = await receive.ended
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const [first, second, summary] = stdout.split('\n')
  expect(first).toMatch(/ unnamed {2}pid \d+ uid \d+ {2}17 bytes: READY=1\\x0aSTATUS=up$/)
  expect(second).toMatch(/ unnamed {2}pid \d+ uid \d+ {2}2 descriptors, closed {2}3 bytes: two$/)
  expect(summary).toMatch(/^2 messages, 20 bytes in .* s: 0 dropped by the kernel$/)
  expect(existsSync(path)).toBe(false)
})

it.each(['SIGINT', 'SIGTERM'] as const)('leaves no path behind after %s', async (signal) => {
  const path = scratchFile(`${signal}.sock`)
  const receive = await receiving(`unix:${path}`)
  expect(existsSync(path)).toBe(true)
  receive.kill(signal)
  // Nothing arrived.
  expect((await receive.ended).status).toBe(1)
  expect(existsSync(path)).toBe(false)
})

it('writes what comes to an abstract name into a file', async () => {
  const name = `sockctl-test-${process.pid}`
  const file = scratchFile('payloads')
  const receive = await receiving(`unix:@${name}`, '--output', file, '--count', '3')
  await sends([`unix:@${name}`], 'one\ntwo\n')
  await sends([`unix:@${name}`, 'three'])
  expect(
    (await receive.ended)
      .objects<Told>()
      .filter(isMessage)
      .map(({ source }) => source),
  ).toHaveLength(3)
  expect(readFileSync(file, 'utf8')).toBe('onetwothree')
})

it('sends a text again and again to a Unix path, and waits while its queue is full', async () => {
  const path = scratchFile('slow.sock')
  const code = `from socket import *
import sys
s = socket(AF_UNIX, SOCK_DGRAM)
s.bind("${path}")
print("ready")
sys.stdin.readline()
print(sum(s.recv(9) == b"again" for _ in range(200)))`
  const peer = startProgram(['python3', '-u', '-c', code])
  await peer.line(/^ready$/)
  const send = startCli(['send', `unix:${path}`, 'again', '--count', '200', '--json'])
  await send.object(({ event }: Told) => event === 'interval')
  peer.stdin.write('go\n')
  expect(await peer.line(/./)).toBe('200')
  expect((await send.ended).objects().at(-1)).toMatchObject({ event: 'summary', datagrams: 200, bytes: 1000 })
})

describeWithSocat('sockctl and socat on Unix sockets', () => {
  it('send to one another', async () => {
    const [path, other] = [scratchFile('socat.sock'), scratchFile('sockctl.sock')]
    const socat = await startSocat(['-u', `UNIX-RECV:${path}`, 'OPEN:/dev/null'])
    await sends([`unix:${path}`, 'to socat'])
    await socat.heard('to socat')
    const receive = await receiving(`unix:${other}`, '--count', '1')
    await startProgram(['sh', '-c', `printf 'from socat' | socat -u STDIN UNIX-SENDTO:${other}`]).ended
    expect((await receive.object(isMessage)).data).toBe(Buffer.from('from socat').toString('hex'))
  })
})

describeInNamespace('sockctl with raw, packet and Unix sockets without the privilege', () => {
  const noRaw = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw', '--ambient-caps=-all']
  /** Root without the privilege to write where its user may not. */
  const noOverride = ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override', '--ambient-caps=-all']

  it.each([
    [['receive', 'raw:2']],
    [['receive', 'packet:lo']],
    [['send', 'raw:2@127.0.0.1', 'text']],
    [['send', 'packet:lo', '--hex', FRAME]],
  ])('%j says that it needs CAP_NET_RAW', async (args) => {
    const { status, stderr } = await runCli(args, { prefix: noRaw })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl (receive|send): [^\n]*CAP_NET_RAW[^\n]*\n$/)
  })

  it.runIf(process.getuid?.() === 0)('a Unix socket says what can not be written to', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sockctl-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 'x.sock')
    const receive = await receiving(`unix:${path}`)
    chmodSync(path, 0o444)
    const sent = await runCli(['send', `unix:${path}`, 'hello'], { prefix: noOverride })
    expect(sent.status).toBe(1)
    expect(sent.stderr).toMatch(/^sockctl send: [^\n]*this process may not write to the path[^\n]*\n$/)
    receive.kill('SIGINT')
    await receive.ended
    chmodSync(directory, 0o555)
    const { status, stderr } = await runCli(['receive', `unix:${path}`], { prefix: noOverride })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl receive: [^\n]*the directory can not be written to[^\n]*\n$/)
  })

  it('says that a path is taken, or is nobody’s', async () => {
    const path = scratchFile('taken.sock', '')
    const taken = await runCli(['receive', `unix:${path}`])
    expect(taken).toMatchObject({ status: 1, stderr: expect.stringContaining('the path exists') })
    expect(existsSync(path)).toBe(true)
    const nobodys = await runCli(['send', `unix:${path}`, 'hello'])
    expect(nobodys).toMatchObject({ status: 1, stderr: expect.stringContaining('the path is no socket') })
  })
})

it.each([
  'receive raw:',
  'receive raw:none',
  'receive raw:256',
  'receive raw:0',
  'receive raw:255',
  'receive raw:2@host.example',
  'receive packet:',
  'receive packet:lo:none',
  'receive packet:lo:65536',
  'receive packet:lo:ip:1',
  'receive unix:',
  'receive unix:@',
  `receive unix:${'x'.repeat(108)}`,
  'receive raw:2 --rtp',
  'receive raw:2 --source 127.0.0.1',
  'receive raw:2 --port 5',
  'receive packet:lo --interface lo',
  'receive packet:lo --block 127.0.0.1',
  'receive packet:lo --wait-interface',
  'receive unix:@x --buffer 1M',
  'receive raw:2 127.0.0.1:5000',
  'send raw:2 text',
  'send raw:2@127.0.0.1 text --no-loopback',
  'send raw:2@127.0.0.1 text --port 5',
  'send packet:lo',
  'send packet:lo --count 1',
  'send packet:lo --hex 0',
  'send packet:lo --hex 00 --hops 3',
  'send unix:@x text --bind 127.0.0.1',
  'send unix:@x text --wait 1s',
  'send unix:@x text --interface lo',
  'send unix:@x text --hex 00',
  'send 127.0.0.1:5000 text --size 3',
])('sockctl %s is bad usage', async (line) => {
  const { status, stdout, stderr } = await runCli(line.split(' '))
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toMatch(/^sockctl (receive|send): [^\n]+\n$/)
})

it('a text and --hex are sent by UDP too', async () => {
  const receive = startCli(['receive', '127.0.0.1:5017', '--hex', '--json', '--expect', '2'])
  await receive.object(({ event }: Told) => event === 'listening')
  await sends(['127.0.0.1:5017', 'hello'])
  await sends(['127.0.0.1:5017', '--hex', 'ef 01:02'])
  const told = (await receive.ended).objects<Told>().filter(({ event }) => event === 'datagram')
  expect(told.map(({ data }) => data)).toEqual([Buffer.from('hello').toString('hex'), 'ef0102'])
})
