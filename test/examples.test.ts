// Every example runs as it is packed, and does what its page says.
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Datagram, type MessageSocket, openReceiver, openSender, openSocket } from 'sockctl'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import type { Running } from './support/cli.ts'
import { sysctl } from './support/commands.ts'
import { describeOnHosts } from './support/hosts.ts'
import { describeInNamespace } from './support/namespace.ts'
import { installPacked, startExample } from './support/packed.ts'
import { root, textOf } from './support/pages.ts'
import { scratchFile } from './support/scratch.ts'

const packed = installPacked('undici', '@grpc/grpc-js', 'ws', 'pg')
const example = (name: string, ...args: string[]): Running => startExample(packed(), name, ...args)

/** The exit status of an example that Ctrl-C ends. */
const interrupted = async (program: Running): Promise<number | NodeJS.Signals> => {
  program.kill('SIGINT')
  return (await program.ended).status
}

const say = async (text: string | Buffer, address: string, port: number, bind = '127.0.0.1'): Promise<void> => {
  await using sender = await openSender({ to: { address, port }, interface: 'lo', bind: { address: bind } })
  await sender.send(Buffer.from(text))
}

const programs = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.mjs'))

it('has a test for every example, and the page on them names each', () => {
  const tests = readFileSync(import.meta.filename, 'utf8')
  const untested = programs.filter((file) => !tests.includes(`example('${file.replace('.mjs', '')}'`))
  expect(untested).toEqual([])
  const page = textOf('examples/README.md')
  expect(programs.filter((file) => !page.includes(`[${file}](${file})`))).toEqual([])
})

it('are short, and import what others can import', () => {
  for (const file of programs) {
    const lines = textOf(`examples/${file}`).trimEnd().split('\n')
    // A router is more than a call: both families, their interfaces, routes and questions.
    const most = file === 'multicast-router.mjs' ? 60 : 25
    expect({ file, isShort: lines.length <= most }).toEqual({ file, isShort: true })
    expect(lines.filter((line) => /from ['"]\./.test(line))).toEqual([])
  }
  expect(packed().files.filter((file) => file.startsWith('examples/'))).toHaveLength(programs.length + 1)
})

describeInNamespace('the examples', () => {
  it('receiver hears sender, and ends on Ctrl-C with its counts', async () => {
    const receiver = example('receiver', '239.255.9.1', '5901', 'lo')
    await receiver.line(/joined/)
    const sender = example('sender', '239.255.9.1', '5901', 'lo', '1')
    expect(await receiver.line(/datagram 1/)).toContain('hop limit 4')
    expect((await sender.ended).status).toBe(0)
    expect(await interrupted(receiver)).toBe(0)
  })

  it('ssm takes its source and no other', async () => {
    const ssm = example('ssm', '127.0.0.1', '232.9.1.1', '5902', 'lo')
    await ssm.line(/joined/)
    await say('from another', '232.9.1.1', 5902, '127.0.0.2')
    await say('from the source', '232.9.1.1', 5902)
    expect(await ssm.line(/from/)).toBe('127.0.0.1: from the source')
  })

  it('block leaves out the blocked', async () => {
    const block = example('block', '239.255.9.2', '5903', 'lo', '127.0.0.2')
    await block.line(/blocking 127\.0\.0\.2/)
    await say('from the blocked', '239.255.9.2', 5903, '127.0.0.2')
    await say('from another', '239.255.9.2', 5903)
    expect(await block.line(/from/)).toBe('127.0.0.1: from another')
  })

  it('filter reads back what it set', async () => {
    const filter = example('filter', '239.255.9.3', 'lo', 'include', '127.0.0.5')
    expect(await filter.line(/mode/)).toBe("{ mode: 'include', sources: [ '127.0.0.5' ] }")
    expect((await filter.ended).status).toBe(0)
  })

  it('timestamps tells when each came', async () => {
    const timestamps = example('timestamps', '5904')
    await timestamps.line(/receiving/)
    await say('now', '127.0.0.1', 5904)
    expect(await timestamps.line(/127\.0\.0\.1/)).toMatch(/received \d+ ns, read -?[\d.]+ ms later/)
  })

  it('sendrecv hears the others and not itself', async () => {
    const first = example('sendrecv', '239.255.9.4', '5905', 'lo', '0.1')
    const second = example('sendrecv', '239.255.9.4', '5905', 'lo', '0.1')
    const heard = await Promise.all([first.line(/:/), second.line(/:/)])
    expect(new Set(heard).size).toBe(2)
    expect(await interrupted(first)).toBe(0)
    expect(await interrupted(second)).toBe(0)
  })

  it('multicast-router routes, and tells its counters at the end', async () => {
    const router = example('multicast-router', '239.255.9.6', 'lo', 'lo:5')
    expect(await router.line(/routing/)).toBe('routing 239.255.9.6 from lo to lo:5')
    await say('to be routed', '239.255.9.6', 5909)
    expect(await router.line(/route for/)).toBe('a route for 127.0.0.1')
    router.kill('SIGINT')
    expect((await router.ended).stdout).toMatch(/^Group +Origin.*\n0609FFEF 0100007F 0 +\d+ +\d+ +0 +1:5 *$/m)
  })

  it('udp-echo-server answers udp-echo-client, which hears of a closed port', async () => {
    const server = example('udp-echo-server', '5907')
    await server.line(/echoing on port 5907/)
    for (const address of ['127.0.0.2', '::1']) {
      const client = example('udp-echo-client', address, '5907')
      client.stdin.write('hello\n')
      expect(await client.line(/./)).toBe('hello')
      client.stdin.end()
      expect((await client.ended).status).toBe(0)
    }
    expect(await interrupted(server)).toBe(0)
    const client = example('udp-echo-client', '127.0.0.1', '5907')
    client.stdin.write('hello\n')
    client.stdin.end()
    expect((await client.ended).stderr).toBe('ECONNREFUSED\n')
  })

  it('udp-broadcast lists who answers', async () => {
    const server = example('udp-echo-server', '5908')
    await server.line(/echoing/)
    const asking = example('udp-broadcast', '127.255.255.255', '5908', 'lo', '1')
    expect(await asking.line(/who/)).toBe('127.0.0.1: who is there?')
    expect((await asking.ended).status).toBe(0)
  })

  it('group-connected takes what its source sends, from whatever port, and nothing else', async () => {
    const connected = example('group-connected', '127.0.0.1', '239.255.9.9', '5909', 'lo')
    await connected.line(/only of/)
    await say('from another', '239.255.9.9', 5909, '127.0.0.2')
    for (const text of ['one', 'two']) {
      await say(text, '239.255.9.9', 5909)
      expect(await connected.line(/: /)).toBe(`127.0.0.1: ${text}`)
    }
    expect(await interrupted(connected)).toBe(0)
  })

  it('ssdp-search hears the answers to its search', async () => {
    const device = await openReceiver({ channels: [{ group: '239.255.255.250', interface: 'lo' }], port: 1900 })
    onTestFinished(() => device.close())
    const search = example('ssdp-search', 'lo', '239.255.255.250', '1900', '1')
    const [question] = await device.receive()
    expect(String(question?.data)).toContain('M-SEARCH * HTTP/1.1\r\n')
    await device.reply(question as Datagram, Buffer.from('HTTP/1.1 200 OK\r\nLOCATION: http://127.0.0.1/d.xml\r\n\r\n'))
    expect(await search.line(/http/)).toMatch(/: http:..127.0.0.1.d.xml$/)
    expect((await search.ended).status).toBe(0)
  })

  it('pim-hello lists who greets', async () => {
    const greeting = example('pim-hello', 'lo', '1')
    expect(await greeting.line(/PIM/)).toContain('is a PIM router')
    expect((await greeting.ended).status).toBe(0)
  })

  it('ping tells how long an answer takes, over IPv4 and IPv6', async () => {
    using _ = sysctl('net.ipv4.ping_group_range', '0 0')
    for (const address of ['127.0.0.1', '::1']) {
      const pinging = example('ping', address, '2')
      expect(await pinging.line(/answered/)).toMatch(/^1: .* answered, hop limit 64, [\d.]+ ms$/)
      expect(await pinging.line(/^2/)).toContain(`2: ${address} answered`)
      expect((await pinging.ended).status).toBe(0)
    }
  })

  it('sap names the session announced', async () => {
    const sap = example('sap', 'lo')
    await sap.line(/listening/)
    const packet = Buffer.concat([
      Buffer.from([0x20, 0, 0x12, 0x34, 127, 0, 0, 1]),
      Buffer.from('application/sdp\0v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Seminar\r\nt=0 0\r\n'),
    ])
    await say(packet, '224.2.127.254', 9875)
    expect(await sap.line(/Seminar/)).toBe('127.0.0.1 announces Seminar')
  })

  it('sntp tells a broadcast server and its offset', async () => {
    const sntp = example('sntp', 'lo', '5906')
    await sntp.line(/listening/)
    const packet = Buffer.alloc(48)
    packet[0] = (4 << 3) | 5
    packet[1] = 2
    // The server's clock is an hour ahead of this one.
    packet.writeUInt32BE((Math.floor(Date.now() / 1000) + 2_208_988_800 + 3600) % 2 ** 32, 40)
    await say(packet, '224.0.1.1', 5906)
    const offset = Number(/stratum 2: offset ([\d.]+) ms/.exec(await sntp.line(/stratum/))?.[1])
    expect(offset).toBeGreaterThan(3_590_000)
    expect(offset).toBeLessThan(3_601_000)
  })
})

describeInNamespace('the examples', () => {
  /** A Unix datagram socket at a path, as the programs of the host have them. */
  const agentAt = async (path: string): Promise<MessageSocket<'unix'>> => {
    const agent = (await openSocket({ family: 'unix', type: 'dgram', bind: { path } })).toMessageSocket()
    onTestFinished(() => agent.close())
    return agent
  }
  const nextOf = async (agent: MessageSocket<'unix'>, count = 1): Promise<string[]> => {
    const texts: string[] = []
    while (texts.length < count) texts.push(...(await agent.receive()).map(({ data }) => String(data)))
    return texts
  }

  it.each(['@', ''])('sd-notify tells that it is ready, alive and stopping: "%s"', async (kind) => {
    const path = kind === '@' ? `@sockctl-notify-${process.pid}` : scratchFile('notify')
    const agent = await agentAt(path.replace('@', '\0'))
    process.env.NOTIFY_SOCKET = path
    process.env.WATCHDOG_USEC = '200000'
    const service = example('sd-notify', 'serving')
    delete process.env.NOTIFY_SOCKET
    delete process.env.WATCHDOG_USEC
    expect((await nextOf(agent))[0]).toMatch(/^READY=1\nSTATUS=serving\nMAINPID=\d+$/)
    expect((await nextOf(agent))[0]).toBe('WATCHDOG=1')
    expect(await interrupted(service)).toBe(0)
    expect((await nextOf(agent)).at(-1)).toBe('STOPPING=1')
  })

  it('syslog writes lines as syslogd takes them', async () => {
    const path = scratchFile('log')
    const agent = await agentAt(path)
    const syslog = example('syslog', 'tagged', path)
    syslog.stdin.end(Array.from({ length: 50 }, (_, n) => `line ${n}\n`).join(''))
    const lines = await nextOf(agent, 50)
    expect((await syslog.ended).status).toBe(0)
    expect(lines[0]).toMatch(/^<13>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d tagged\[\d+\]: line 0$/)
    expect(lines.map((line) => line.replace(/.*: /, ''))).toEqual(Array.from({ length: 50 }, (_, n) => `line ${n}`))
  })

  it('statsd counts, and says so if the agent is not there', async () => {
    const path = scratchFile('statsd')
    const agent = await agentAt(path)
    const statsd = example('statsd', path, 'seen')
    statsd.stdin.write('four\n')
    expect(await nextOf(agent, 2)).toEqual(['seen:1|c', 'seen.length:4|g'])
    await agent.close()
    statsd.stdin.end('lost\n')
    expect(await statsd.ended).toMatchObject({ status: 0, stderr: expect.stringContaining('nobody is bound to it') })
  })

  it('peer tells which process connected', async () => {
    const path = scratchFile('peer')
    const peer = example('peer', path)
    await peer.line(/listening/)
    connect(path).resume()
    expect(await peer.line(/process/)).toBe(
      `process ${process.pid} of user ${process.getuid?.()}, group ${process.getgid?.()}`,
    )
    expect(await interrupted(peer)).toBe(0)
  })

  it('tcp-health tells the round trip of a connection again and again, and ends on Ctrl-C', async () => {
    const server = createServer((socket) => socket.resume()).listen(5907, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const health = example('tcp-health', '127.0.0.1', '5907', '50')
    for (let reports = 0; reports < 3; reports++)
      expect(await health.line(/round trip/)).toMatch(/^round trip [\d.]+ ms, window \d+ segments, 0 sent again$/)
    expect(await interrupted(health)).toBe(0)
  })
})

describeInNamespace('the recipes', () => {
  it('ssm-to-file writes what its source sends, and no more', async () => {
    const path = scratchFile('payloads')
    const writer = example('ssm-to-file', '127.0.0.1', '232.9.1.2', '5908', 'lo', path)
    await writer.line(/joined/)
    await say('first ', '232.9.1.2', 5908)
    await say('from another ', '232.9.1.2', 5908, '127.0.0.2')
    await say('last', '232.9.1.2', 5908)
    await expect.poll(() => readFileSync(path, 'utf8')).toContain('last')
    expect(await interrupted(writer)).toBe(0)
    expect(readFileSync(path, 'utf8')).toBe('first last')
    await writer.line(/^wrote 10 bytes of 2 datagrams; 0 were lost to a full socket$/)
  })

  it('block-on-signal blocks a source on one signal, and takes it again on the next', async () => {
    const heard = example('block-on-signal', '239.255.9.5', '5909', 'lo', '127.0.0.2')
    expect(await heard.line(/kill/)).toBe(`kill -USR2 ${heard.pid}`)
    await say('before', '239.255.9.5', 5909, '127.0.0.2')
    expect(await heard.line(/:/)).toBe('127.0.0.2: before')

    heard.kill('SIGUSR2')
    await heard.line(/^blocked: 127\.0\.0\.2$/)
    await say('meanwhile', '239.255.9.5', 5909, '127.0.0.2')
    await say('from another', '239.255.9.5', 5909)
    expect(await heard.line(/:/)).toBe('127.0.0.1: from another')

    heard.kill('SIGUSR2')
    await heard.line(/^blocked: nobody$/)
    await say('after', '239.255.9.5', 5909, '127.0.0.2')
    expect(await heard.line(/:/)).toBe('127.0.0.2: after')
    expect(await interrupted(heard)).toBe(0)
  })
})

describe('the recipes of TCP_USER_TIMEOUT', () => {
  /** A web server, and the port that its next client sends from. */
  async function webServer(): Promise<{ url: string; clientPort: Promise<number | undefined> }> {
    const server = createHttpServer((_, response) => response.end('done')).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    const request = once(server, 'request') as Promise<[IncomingMessage]>
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/`, clientPort: request.then(([{ socket }]) => socket.remotePort) }
  }

  it('timeout-http-agent sets the timeout of the connection that the request takes', async () => {
    const { url, clientPort } = await webServer()
    const { status, stdout } = await example('timeout-http-agent', url, '1234').ended
    expect(stdout).toBe(`200 on port ${await clientPort}, which waits 1234 ms\n`)
    expect(status).toBe(0)
  })

  it('timeout-undici does', async () => {
    const { url, clientPort } = await webServer()
    const { status, stdout } = await example('timeout-undici', url, '1235').ended
    expect(stdout).toBe(`port ${await clientPort} waits 1235 ms\n200\n`)
    expect(status).toBe(0)
  })

  it('timeout-ws does', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => server.close())
    const clientPort = new Promise((resolve) => {
      server.on('connection', (socket, { socket: { remotePort } }) => {
        resolve(remotePort)
        socket.send('welcome')
        socket.close()
      })
    })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { status, stdout } = await example('timeout-ws', `ws://127.0.0.1:${port}`, '1238').ended
    expect(stdout.split('\n').sort()).toEqual(['', `port ${await clientPort} waits 1238 ms`, 'welcome'])
    expect(status).toBe(0)
  })

  it('timeout-pg does, and its server has the startup message', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const ended = example('timeout-pg', '127.0.0.1', `${(server.address() as AddressInfo).port}`, '1239').ended
    const [socket] = (await once(server, 'connection')) as [Socket]
    const { remotePort } = socket
    const [startup] = (await once(socket, 'data')) as [Buffer]
    const PROTOCOL_3 = 3 << 16
    expect(startup.readUInt32BE(4)).toBe(PROTOCOL_3)
    expect(startup.subarray(8).toString()).toContain('user\0postgres\0')
    // AuthenticationOk and ReadyForQuery, as PostgreSQL has them.
    socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]))
    const { status, stdout } = await ended
    expect(stdout).toBe(`port ${remotePort} waits 1239 ms\n`)
    expect(status).toBe(0)
  })

  it('timeout-grpc-client and timeout-grpc-server do, each at its end', async () => {
    const server = example('timeout-grpc-server', '127.0.0.1', '5910', '1236')
    await server.line(/listening/)
    const { status, stdout } = await example('timeout-grpc-client', '127.0.0.1', '5910', '1237').ended
    const [, port] = /^port (\d+) waits 1237 ms\nhi\n$/.exec(stdout) ?? []
    expect(await server.line(/waits/)).toBe(`port ${port} waits 1236 ms`)
    expect(status).toBe(0)
  })
})

const JOIN = `
import dgram from 'node:dgram'
import { serve } from '${new URL('./support/stdio.mjs', import.meta.url)}'
const socket = dgram.createSocket('udp4').bind(0)
serve({ join: ({ group, on }) => socket.addMembership(group, on) })
`

describeOnHosts('raw-igmp', (hosts) => {
  it('sees what another host reports', async () => {
    const { a, b } = hosts().pairs[0]
    const igmp = example('raw-igmp', a.name)
    await igmp.line(/watching/)
    await using other = hosts().spawn('B', { code: JOIN })
    await other.request('join', { group: '239.255.9.9', on: b.ipv4[0] })
    expect(await igmp.line(new RegExp(`^${b.ipv4[0]} `))).toBe(`${b.ipv4[0]} > 224.0.0.22: v3 report`)
  })
})

describeOnHosts('igmp-querier', (hosts) => {
  it('is answered by the hosts of its network', async () => {
    const { a, b } = hosts().pairs[0]
    await using other = hosts().spawn('B', { code: JOIN })
    await other.request('join', { group: '239.255.9.10', on: b.ipv4[0] })
    const querier = example('igmp-querier', a.name)
    expect(await querier.line(new RegExp(`^${b.ipv4[0]} reports`))).toMatch(/ [1-9]\d* groups$/)
    querier.kill('SIGINT')
    await querier.ended
  })
})
