import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openSender } from 'sockctl'
import { afterEach, expect, it } from 'vitest'
import { describeOnHosts } from './support/hosts.ts'
import { describeInNamespace } from './support/namespace.ts'
import { scratchFile } from './support/scratch.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const running: Program[] = []

interface Program {
  /** The next line that holds a text. */
  line(holding: string): Promise<string>
  /** The exit status; an example that does not end by itself gets Ctrl-C. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

function example(name: string, ...args: string[]): Program {
  const child = spawn(process.execPath, [`examples/${name}.mjs`, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exit = once(child, 'exit')
  const program: Program = {
    line: async (holding) => {
      for (let next = await lines.next(); next.done !== true; next = await lines.next())
        if (next.value.includes(holding)) return next.value
      throw new Error(`${name} ended without saying '${holding}'`)
    },
    end: async (signal) => {
      if (signal !== undefined) child.kill(signal)
      const [status] = await exit
      return status
    },
  }
  running.push(program)
  return program
}

const say = async (text: string | Buffer, address: string, port: number, bind = '127.0.0.1'): Promise<void> => {
  await using sender = await openSender({ to: { address, port }, interface: 'lo', bind: { address: bind } })
  await sender.send(Buffer.from(text))
}

afterEach(async () => {
  for (const program of running.splice(0)) await program.end('SIGKILL')
})

it('has a test for every example, and the page on them names each', () => {
  const programs = readdirSync(`${root}examples`).filter((file) => file.endsWith('.mjs'))
  const names = programs.map((file) => file.replace('.mjs', ''))
  const multicast = [
    'block',
    'filter',
    'raw-igmp',
    'receiver',
    'sap',
    'sender',
    'sendrecv',
    'sntp',
    'ssm',
    'timestamps',
  ]
  expect(names.sort()).toEqual([...multicast, 'peer', 'tcp-health'].sort())

  const page = readFileSync(`${root}examples/README.md`, 'utf8')
  expect(programs.filter((file) => !page.includes(`[${file}](${file})`))).toEqual([])
})

describeInNamespace('the examples', () => {
  it('receiver hears sender, and ends on Ctrl-C with its counts', async () => {
    const receiver = example('receiver', '239.255.9.1', '5901', 'lo')
    await receiver.line('joined')
    const sender = example('sender', '239.255.9.1', '5901', 'lo', '1')
    expect(await receiver.line('datagram 1')).toContain('hop limit 4')
    expect(await sender.end()).toBe(0)
    expect(await receiver.end('SIGINT')).toBe(0)
  })

  it('ssm takes its source and no other', async () => {
    const ssm = example('ssm', '127.0.0.1', '232.9.1.1', '5902', 'lo')
    await ssm.line('joined')
    await say('from another', '232.9.1.1', 5902, '127.0.0.2')
    await say('from the source', '232.9.1.1', 5902)
    expect(await ssm.line('from')).toBe('127.0.0.1: from the source')
  })

  it('block leaves out the blocked', async () => {
    const block = example('block', '239.255.9.2', '5903', 'lo', '127.0.0.2')
    await block.line('blocking 127.0.0.2')
    await say('from the blocked', '239.255.9.2', 5903, '127.0.0.2')
    await say('from another', '239.255.9.2', 5903)
    expect(await block.line('from')).toBe('127.0.0.1: from another')
  })

  it('filter reads back what it set', async () => {
    const filter = example('filter', '239.255.9.3', 'lo', 'include', '127.0.0.5')
    expect(await filter.line('mode')).toBe("{ mode: 'include', sources: [ '127.0.0.5' ] }")
    expect(await filter.end()).toBe(0)
  })

  it('timestamps tells when each came', async () => {
    const timestamps = example('timestamps', '5904')
    await timestamps.line('receiving')
    await say('now', '127.0.0.1', 5904)
    expect(await timestamps.line('127.0.0.1')).toMatch(/received \d+ ns, read -?[\d.]+ ms later/)
  })

  it('sendrecv hears the others and not itself', async () => {
    const first = example('sendrecv', '239.255.9.4', '5905', 'lo', '0.1')
    const second = example('sendrecv', '239.255.9.4', '5905', 'lo', '0.1')
    const heard = await Promise.all([first.line(':'), second.line(':')])
    expect(new Set(heard).size).toBe(2)
    expect(await first.end('SIGINT')).toBe(0)
    expect(await second.end('SIGINT')).toBe(0)
  })

  it('sap names the session announced', async () => {
    const sap = example('sap', 'lo')
    await sap.line('listening')
    const packet = Buffer.concat([
      Buffer.from([0x20, 0, 0x12, 0x34, 127, 0, 0, 1]),
      Buffer.from('application/sdp\0v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Seminar\r\nt=0 0\r\n'),
    ])
    await say(packet, '224.2.127.254', 9875)
    expect(await sap.line('Seminar')).toBe('127.0.0.1 announces Seminar')
  })

  it('sntp tells a broadcast server and its offset', async () => {
    const sntp = example('sntp', 'lo', '5906')
    await sntp.line('listening')
    const packet = Buffer.alloc(48)
    packet[0] = (4 << 3) | 5
    packet[1] = 2
    // The server's clock is an hour ahead of this one.
    packet.writeUInt32BE((Math.floor(Date.now() / 1000) + 2_208_988_800 + 3600) % 2 ** 32, 40)
    await say(packet, '224.0.1.1', 5906)
    const offset = Number(/stratum 2: offset ([\d.]+) ms/.exec(await sntp.line('stratum'))?.[1])
    expect(offset).toBeGreaterThan(3_590_000)
    expect(offset).toBeLessThan(3_601_000)
  })
})

describeInNamespace('the examples', () => {
  it('peer tells which process connected', async () => {
    const path = scratchFile('peer')
    const peer = example('peer', path)
    await peer.line('listening')
    connect(path).resume()
    expect(await peer.line('process')).toBe(
      `process ${process.pid} of user ${process.getuid?.()}, group ${process.getgid?.()}`,
    )
    expect(await peer.end('SIGINT')).toBe(0)
  })

  it('tcp-health tells the round trip of a connection, and ends on Ctrl-C', async () => {
    const server = createServer((socket) => socket.resume()).listen(5907, '127.0.0.1')
    await once(server, 'listening')
    const health = example('tcp-health', '127.0.0.1', '5907')
    expect(await health.line('round trip')).toMatch(/^round trip [\d.]+ ms, window \d+ segments, 0 sent again$/)
    expect(await health.end('SIGINT')).toBe(0)
    server.close()
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
    await igmp.line('watching')
    await using other = hosts().spawn('B', { code: JOIN })
    await other.request('join', { group: '239.255.9.9', on: b.ipv4[0] })
    expect(await igmp.line(b.ipv4[0])).toBe(`${b.ipv4[0]} > 224.0.0.22: v3 report`)
  })
})
