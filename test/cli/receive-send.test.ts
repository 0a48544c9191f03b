import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Ended, type Running, runCli, startCli } from '../support/cli.ts'
import { describeOnHosts, onHost } from '../support/hosts.ts'
import { lanes } from '../support/lanes.ts'
import { kernelGroups } from '../support/net-stat.ts'
import { sendPayloads } from '../support/payloads.ts'
import { scratchFile } from '../support/scratch.ts'

interface Told {
  event: string
  group: string
  source?: string
  interface: string
  datagrams: number
  bytes: number
  lost?: number
  duplicates?: number
  dropped: number
  blocked: string[]
  sources: Told[]
  data: string
}

const PORT = 5004
const channelOf = (group: string, port = PORT): string =>
  group.includes(':') ? `[${group}]:${port}` : `${group}:${port}`
const summaryOf = (ended: Ended): Told | undefined => ended.objects<Told>().find(({ event }) => event === 'summary')

/** A `receive --json` that has joined all its channels. */
async function receiving(channels: number, ...args: string[]): Promise<Running> {
  const receive = startCli(['receive', '--json', ...args])
  for (let n = 0; n < channels; n++) await receive.object<Told>(({ event }) => event === 'joined')
  return receive
}

/** Waits until this host has joined a group, for commands whose output does not tell that. */
async function joined(group: string): Promise<void> {
  for (const patience = AbortSignal.timeout(10_000); !kernelGroups().some((one) => one.group === group); ) {
    if (patience.aborted) throw new Error(`${group} was not joined`)
    await pause(10)
  }
}

describeOnHosts('sockctl receive and send', (hosts) => {
  const sendFromB = (...args: string[]): Promise<Ended> => runCli(['send', ...args], { prefix: onHost(hosts(), 'B') })
  const sending = async (...args: string[]): Promise<void> => {
    const { status, stderr } = await sendFromB(...args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }

  describe.each(lanes)('over $name', (lane) => {
    const [wanted, other] = lane.sources
    const channel = channelOf(lane.group)

    it('count what is sent, and lose nothing', async () => {
      const receive = await receiving(1, channel, '-i', lane.interface, '--expect', '500')
      await sending(channel, '--bind', wanted, '--size', '200', '--count', '500', '--rate', '5k')
      const ended = await receive.ended
      expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' })
      const summary = summaryOf(ended)
      expect(summary).toMatchObject({ datagrams: 500, bytes: 100_000, lost: 0, duplicates: 0, dropped: 0 })
      expect(summary?.sources).toMatchObject([
        { group: lane.group, port: PORT, interface: lane.interface, source: wanted, datagrams: 500, lost: 0 },
      ])
    })

    it.each([
      ['--source', (): string[] => [channel, '--source', wanted]],
      ['SOURCE@GROUP', (): string[] => [`${wanted}@${channel}`]],
      ['a udp:// URL', (): string[] => [`udp://${wanted.includes(':') ? `[${wanted}]` : wanted}@${channel}`]],
      ['--block', (): string[] => [channel, '--block', other]],
    ])('takes the source wanted, by %s', async (_, args) => {
      const receive = await receiving(1, ...args(), '-i', lane.interface, '--expect', '3')
      await sending(channel, '--bind', other, '--count', '4')
      await sending(channel, '--bind', wanted, '--count', '3')
      expect(summaryOf(await receive.ended)?.sources).toMatchObject([{ source: wanted, datagrams: 3 }])
    })
  })

  it('take any number of channels, ports and families', async () => {
    const channels = [
      '239.1.2.3:5004',
      '239.1.2.4:5004',
      '239.1.2.3:5006',
      '[ff15::123]:5004',
      '10.77.0.11@232.1.2.3:5004',
    ]
    const receive = await receiving(5, ...channels, '-i', 'a0', '--expect', '15')
    for (const [at, channel] of channels.entries())
      await sending(channel.split('@').at(-1) as string, '-i', 'b0', '--count', String(at + 1), '--size', '20')
    const { sources = [] } = summaryOf(await receive.ended) ?? {}
    expect(
      new Set(
        sources.map(
          ({ group, datagrams, ...row }) => `${group} ${(row as never as { port: number }).port} ${datagrams}`,
        ),
      ),
    ).toEqual(
      new Set(['239.1.2.3 5004 1', '239.1.2.4 5004 2', '239.1.2.3 5006 3', 'ff15::123 5004 4', '232.1.2.3 5004 5']),
    )
  })

  it('tell one group on two interfaces apart', async () => {
    const receive = await receiving(2, '239.1.2.3%a0:5004', '239.1.2.3%a1:5004', '--expect', '3')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '1')
    await sending('239.1.2.3:5004', '-i', 'b1', '--count', '2')
    expect(summaryOf(await receive.ended)?.sources.map((row) => [row.interface, row.source, row.datagrams])).toEqual([
      ['a0', '10.77.0.11', 1],
      ['a1', '10.77.1.11', 2],
    ])
  })

  it('send each line of standard input as a datagram, empty ones too', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--hex', '--expect', '4')
    const lines = runCli(['send', '239.1.2.3:5004', '-i', 'b0'], {
      input: 'one\n\nthree\r\n\u00e9',
      prefix: onHost(hosts(), 'B'),
    })
    expect((await lines).stdout).toMatch(/^4 datagrams, 11 bytes to 239\.1\.2\.3:5004 in /)
    const data = (await receive.ended).objects<Told>().flatMap((told) => (told.event === 'datagram' ? [told.data] : []))
    expect(data.map((hex) => Buffer.from(hex, 'hex').toString())).toEqual(['one', '', 'three\r', '\u00e9'])
  })

  it('send lines as they are typed, and end with the input', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--hex')
    const send = startCli(['send', '239.1.2.3:5004', '-i', 'b0', '--json'], { prefix: onHost(hosts(), 'B') })
    for (const text of ['first', 'second']) {
      send.stdin.write(`${text}\n`)
      const { data } = await receive.object<Told>(({ event }) => event === 'datagram')
      expect(Buffer.from(data, 'hex').toString()).toBe(text)
    }
    send.stdin.end()
    expect((await send.ended).objects()).toMatchObject([
      { event: 'sending', group: '239.1.2.3', port: 5004 },
      { event: 'summary', datagrams: 2, bytes: 11 },
    ])
  })

  it.each(['file', 'standard input'])('carry a %s from one host to the other', async (from) => {
    const sent = Buffer.from(Array.from({ length: 100_001 }, (_, i) => (i * 7 + (i >> 8)) & 255))
    const [source, target] = [scratchFile('sent'), scratchFile('received')]
    writeFileSync(source, sent)
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--output', target, '--expect', '101')
    const file = from === 'file' ? source : '-'
    const { status } = await runCli(
      ['send', '239.1.2.3:5004', '-i', 'b0', '--file', file, '--size', '1000', '--rate', '80Mbit'],
      {
        input: from === 'file' ? '' : sent,
        prefix: onHost(hosts(), 'B'),
      },
    )
    expect(status).toBe(0)
    expect((await receive.ended).status).toBe(0)
    expect(readFileSync(target).equals(sent)).toBe(true)
  })

  it('writes payloads, and nothing else, to standard output', async () => {
    const receive = startCli(['receive', '239.1.2.3:5004', '-i', 'a0', '--output', '-', '--expect', '2'])
    await joined('239.1.2.3')
    await runCli(['send', '239.1.2.3:5004', '-i', 'b0'], { input: 'one\ntwo\n', prefix: onHost(hosts(), 'B') })
    expect(await receive.ended).toMatchObject({ status: 0, stdout: 'onetwo', stderr: '' })
  })

  it('counts what is lost, late and twice, by the numbers', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--expect', '7')
    const now = Math.floor(Date.now() / 1000)
    const numbered = [1, 2, 5, 4, 4, 8, 9].map((sequence) => {
      const bytes = Buffer.alloc(16)
      for (const [at, word] of [sequence, now, 999_999].entries()) bytes.writeUInt32BE(word, at * 4)
      return bytes
    })
    await sendPayloads(hosts(), '239.1.2.3', PORT, numbered)
    expect(summaryOf(await receive.ended)).toMatchObject({ lost: 3, gaps: 2, reordered: 1, duplicates: 1, restarts: 0 })
  })

  it('counts what the kernel drops, which is what is lost', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--buffer', '4096')
    receive.kill('SIGSTOP')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '300', '--size', '1000')
    receive.kill('SIGCONT')
    await receive.object<Told>(({ event, dropped }) => event === 'interval' && dropped > 0)
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '1')
    receive.kill('SIGINT')
    const { datagrams = 0, dropped = 0 } = summaryOf(await receive.ended) ?? {}
    expect(dropped).toBeGreaterThan(200)
    expect(datagrams + dropped).toBe(301)
  })

  it('keeps numbers apart by source port: two runs of send are no loss', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--expect', '20')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '10', '--size', '64')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '10', '--size', '64')
    expect(summaryOf(await receive.ended)).toMatchObject({ lost: 0, duplicates: 0, reordered: 0, restarts: 0 })
  })

  it('reads RTP if told to, and gives the payloads', async () => {
    const target = scratchFile('rtp')
    const receive = await receiving(1, 'rtp://@239.1.2.3', '-i', 'a0', '--output', target, '--expect', '6')
    const packets = [10, 11, 14, 13, 15].map((sequence) => {
      const header = Buffer.from('80600000000000000000beef', 'hex')
      header.writeUInt16BE(sequence, 2)
      return Buffer.concat([header, Buffer.from(`<${sequence}>`)])
    })
    await sendPayloads(hosts(), '239.1.2.3', 5004, [...packets, Buffer.from('not RTP')])
    const [row] = summaryOf(await receive.ended)?.sources ?? []
    expect(row).toMatchObject({ lost: 1, gaps: 1, reordered: 1, malformed: 1, rtp: [{ ssrc: 0xbeef, received: 5 }] })
    expect(readFileSync(target, 'utf8')).toBe('<10><11><14><13><15>')
  })

  it('prints every datagram with --hex', async () => {
    const receive = startCli(['receive', '239.1.2.3:5004', '-i', 'a0', '--hex', '--count', '1'])
    await joined('239.1.2.3')
    await runCli(['send', '239.1.2.3:5004', '-i', 'b0', '--hops', '7'], {
      input: 'hello \u0007 multicast world\n',
      prefix: onHost(hosts(), 'B'),
    })
    const { stdout, status } = await receive.ended
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{6} {2}10\.77\.0\.11:\d+ > 239\.1\.2\.3:5004 {2}a0 {2}hop limit 7 {2}23 bytes\n/,
    )
    expect(stdout).toContain('  00000  68 65 6c 6c 6f 20 07 20  6d 75 6c 74 69 63 61 73  hello . multicas\n')
    expect(stdout).toContain('  00010  74 20 77 6f 72 6c 64                              t world\n')
  })

  it('says a line a second in a pipe, and how it was at Ctrl-C', async () => {
    const receive = startCli(['receive', '239.1.2.3:5004', '-i', 'a0'])
    expect(await receive.line(/^/)).toBe('joined 239.1.2.3:5004 on a0')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '20', '--size', '100')
    expect(await receive.line(/20 datagrams/)).toMatch(
      /^\d+\.\d s: [\d.]+\/s, [\d.]+ k?bit\/s, 1 source; 20 datagrams, 0 lost, 0 dropped$/,
    )
    receive.kill('SIGINT')
    const { status, stdout, stderr } = await receive.ended
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^20 datagrams, 2000 bytes in \d+\.\d s from 1 source: 0 lost, 0 dropped by the kernel$/,
    )
  })

  it('does not loop back with --no-loopback', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--expect', '2')
    for (const args of [
      ['--no-loopback', '--count', '3'],
      ['--count', '2'],
    ])
      expect((await runCli(['send', '239.1.2.3:5004', '-i', 'a0', '--bind', '10.77.0.1', ...args])).status).toBe(0)
    expect(summaryOf(await receive.ended)?.sources).toMatchObject([{ source: '10.77.0.1', datagrams: 2 }])
  })

  it('ends at --duration and --timeout, with status 1 if nothing arrived', async () => {
    for (const [option, what] of [
      ['--duration', '300ms'],
      ['--timeout', '300ms'],
    ] as const) {
      const { status, stderr } = await runCli(['receive', '239.1.2.3:5004', '-i', 'a0', option, what])
      expect(status).toBe(1)
      expect(stderr).toMatch(
        /^sockctl receive: nothing arrived in \d\.\d s; sockctl doctor 239\.\S+:\d+ -i \w+ looks for the cause\n$/,
      )
    }
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--timeout', '1s')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '3')
    expect(await receive.ended).toMatchObject({ status: 0, stderr: '' })
  })

  it('fails if fewer arrive than expected', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--expect', '5', '--timeout', '1s')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '4')
    const { status, stderr } = await receive.ended
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl receive: 4 of 5 datagrams arrived in \d\.\d s\n$/)
  })

  it('takes no more than --count', async () => {
    const receive = await receiving(1, '239.1.2.3:5004', '-i', 'a0', '--count', '3')
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '50')
    const ended = await receive.ended
    expect(ended.status).toBe(0)
    expect(summaryOf(ended)?.datagrams).toBe(3)
  })

  it('ends when nobody reads its output', async () => {
    const receive = startCli(['receive', '239.1.2.3:5004', '-i', 'a0', '--hex'])
    await joined('239.1.2.3')
    receive.closeStdout()
    await sending('239.1.2.3:5004', '-i', 'b0', '--count', '20', '--rate', '100')
    expect(await receive.ended).toMatchObject({ status: 0, stderr: '' })
  })

  it('send by the interface of --bind, or say that one is needed', async () => {
    const { status, stderr } = await sendFromB('239.1.2.3:5004', '--count', '1')
    expect(status).toBe(1)
    expect(stderr).toBe('sockctl send: there is no route to 239.1.2.3: name an interface with -i\n')
    await sending('239.1.2.3:5004', '--bind', '10.77.1.12', '--count', '1')
  })
})

describe('sockctl receive and send', () => {
  it.each([
    [['receive']],
    [['receive', '239.1.1.1']],
    [['receive', '10.0.0.1']],
    [['receive', '239.1.1.1:5000', '--source', '::1']],
    [['receive', '239.1.1.1:5000', '--source', 'nobody']],
    [['receive', '239.1.1.1:5000', '--source', '239.1.1.2', '-i', 'lo']],
    [['receive', '127.0.0.1@232.1.1.1:5000', '--block', '127.0.0.2']],
    [['receive', '239.1.1.1:5000', '--output', '-', '--json']],
    [['receive', '239.1.1.1:5000', '--output', '-', '--hex']],
    [['receive', '239.1.1.1:5000', '--count', '0']],
    [['receive', '239.1.1.1:5000', '--duration', 'soon']],
    [['receive', '239.1.1.1:5000', '-p', '0']],
    [['send']],
    [['send', '239.1.1.1']],
    [['send', '127.0.0.1']],
    [['send', '127.0.0.1@232.1.1.1:5000']],
    [['send', '239.1.1.1:5000', '--size', '70000']],
    [['send', '239.1.1.1:5000', '--rate', '0']],
    [['send', '239.1.1.1:5000', '--rate', 'fast']],
    [['send', '239.1.1.1:5000', '--hops', '256']],
    [['send', '239.1.1.1:5000', '--bind', '239.1.1.2', '--count', '1']],
    [['send', '239.1.1.1:5000', '--file', 'x', '--size', '0']],
  ])('call it bad usage: %j', async (args) => {
    const { status, stdout, stderr } = await runCli(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^sockctl (receive|send): [^\n]+\n$/)
  })

  it.each([
    [['receive', '239.1.1.1:5000', '-i', 'nosuch0'], 'no interface'],
    [['receive', '239.1.1.1:5000', '-i', 'lo', '--output', '/nosuch/file'], "can't write to /nosuch/file"],
    [['send', '239.1.1.1:5000', '-i', 'lo', '--file', '/nosuch/file'], "can't read /nosuch/file"],
    [['send', '239.1.1.1:5000', '-i', 'lo', '--size', '65527', '--count', '1'], 'at most 65507'],
  ])('fail in one line that says why: %j', async (args, why) => {
    const { status, stderr } = await runCli(args)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl (receive|send): [^\n]+\n$/)
    expect(stderr).toContain(why)
  })
})
