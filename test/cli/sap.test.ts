import { deflateSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { type Running, runCli, startCli } from '../support/cli.ts'
import { describeOnHosts, onHost } from '../support/hosts.ts'
import { sendPayloads } from '../support/payloads.ts'
import { fc } from '../support/property.ts'
import { scratchFile } from '../support/scratch.ts'

interface Told {
  event: string
  name: string
  source: string
  interface: string
  receive: string[]
  reason: string
  from: { address: string }
}

const GROUP = '239.255.255.255'
const PORT = 9875

const sdpOf = (id: number, name = `Session ${id}`, ends = 0): string =>
  [
    'v=0',
    `o=- ${id} 1 IN IP4 10.77.0.11`,
    `s=${name}`,
    'c=IN IP4 232.1.1.1/16',
    `t=0 ${ends}`,
    'a=source-filter: incl IN IP4 * 10.77.0.11',
    'm=video 5004 RTP/AVP 33',
    '',
  ].join('\r\n')

/**
 * A packet of RFC 2974 6, written independently of the encoder: flags, words of authentication, hash, source, data,
 * type, payload.
 */
const packet = (flags: number, rest: Buffer, words = 0, source = '0a4d000b'): Buffer =>
  Buffer.concat([
    Buffer.from([flags, words, 0x12, 0x34]),
    Buffer.from(source, 'hex'),
    Buffer.alloc(words * 4, 0xaa),
    rest,
  ])

describeOnHosts('sockctl sap', (hosts) => {
  const listening = async (...args: string[]): Promise<Running> => {
    const sap = startCli(['sap', '--json', ...args])
    await sap.object<Told>(({ event }) => event === 'listening')
    return sap
  }
  const fromB = (...payloads: Uint8Array[]) => sendPayloads(hosts(), GROUP, PORT, payloads)

  it('hears a session announced on another host, prints the command that takes it, and hears its end', async () => {
    const sap = await listening()
    const file = scratchFile('session.sdp', sdpOf(1, 'Evening news'))
    const announcer = startCli(['sap', 'announce', file, '-i', 'b0', '--json'], { prefix: onHost(hosts(), 'B') })

    const heard = await sap.object<Told>(({ event }) => event === 'new')
    expect(heard).toMatchObject({
      name: 'Evening news',
      source: '10.77.0.11',
      interface: 'a0',
      receive: ['sockctl receive 10.77.0.11@232.1.1.1:5004 --rtp -i a0'],
    })

    const [, ...words] = (heard.receive[0] ?? '').split(' ')
    const receive = startCli([...words, '--json', '--count', '1'])
    await receive.object<Told>(({ event }) => event === 'joined')
    const send = ['send', '232.1.1.1:5004', '--count', '3', '-i', 'b0']
    for (const bind of ['10.77.0.12', '10.77.0.11'])
      await runCli([...send, '--bind', bind], { prefix: onHost(hosts(), 'B') })
    const { objects } = await receive.ended
    expect(objects().at(-1)).toMatchObject({ sources: [{ source: '10.77.0.11' }] })

    announcer.kill('SIGINT')
    expect(await announcer.ended).toMatchObject({ status: 0, stderr: '' })
    expect(await sap.object<Told>(({ event }) => event === 'deleted')).toMatchObject({ name: 'Evening news' })
    sap.kill('SIGINT')
    expect((await sap.ended).status).toBe(0)
  })

  it('hears announcements of IPv6 sessions, and says how they are received', async () => {
    const sdp = sdpOf(2)
      .replace('c=IN IP4 232.1.1.1/16', 'c=IN IP6 ff35::1')
      .replace('IP4 * 10.77.0.11', 'IP6 * fd77:a0::11')
    const sap = await listening('-i', 'a0')
    const announce = ['sap', 'announce', '-', '-i', 'b0', '--count', '1', '--no-withdraw']
    expect(await runCli(announce, { input: sdp, prefix: onHost(hosts(), 'B') })).toMatchObject({ status: 0 })
    expect(await sap.object<Told>(({ event }) => event === 'new')).toMatchObject({
      source: expect.stringMatching(/^fd77:a0::1[12]$/),
      receive: ["sockctl receive 'fd77:a0::11@[ff35::1]:5004' --rtp -i a0"],
    })
  })

  it('reads packets as the RFC lays them out', async () => {
    const sap = await listening('-i', 'a0')
    const typed = (id: number) => Buffer.from(`application/sdp\0${sdpOf(id)}`)
    await fromB(
      packet(0x20, Buffer.from(sdpOf(11))),
      packet(0x20, typed(12), 3),
      packet(0x30, typed(13), 255, 'fd7700a0000000000000000000000011'),
      packet(0x21, Buffer.concat([Buffer.from('application/sdp\0'), deflateSync(sdpOf(14))])),
      packet(0x21, deflateSync(typed(15))),
      packet(0x22, Buffer.from('what only friends can read')),
      packet(0x24, Buffer.from('application/sdp\0o=- 11 1 IN IP4 10.77.0.11\r\n')),
    )
    for (const id of [11, 12, 13, 14, 15])
      expect(await sap.object<Told>(({ event }) => event === 'new')).toMatchObject({ name: `Session ${id}` })
    expect(await sap.object<Told>(({ event }) => event === 'ignored')).toMatchObject({
      reason: 'the packet is encrypted',
    })
    expect(await sap.object<Told>(({ event }) => event === 'deleted')).toMatchObject({ name: 'Session 11' })
  })

  it('says of short and malformed packets what is wrong, and survives them', async () => {
    const sap = await listening('-i', 'a0')
    const bomb = packet(0x21, deflateSync(Buffer.alloc(10_000_000, 32)))
    const bad = [
      [Buffer.alloc(0), 'at least 8 bytes'],
      [Buffer.from('20000000', 'hex'), 'SAP header of 8 bytes'],
      [packet(0x40, Buffer.alloc(0)), 'version 2'],
      [packet(0x20, Buffer.from('v=0'), 2).subarray(0, 14), 'SAP header of 16 bytes'],
      [packet(0x20, Buffer.alloc(0)), 'without a payload'],
      [packet(0x20, Buffer.from([0, 1, 2, 3])), 'no type and is not SDP'],
      [packet(0x21, Buffer.from('not zlib')), 'is not zlib'],
      [bomb, 'inflates to more than'],
      [packet(0x20, Buffer.from('v=0\r\ns=no origin\r\n')), 'without an o= line'],
    ] as const
    await fromB(...bad.map(([bytes]) => bytes))
    for (const [, why] of bad) {
      const { reason, from } = await sap.object<Told>(({ event }) => event === 'malformed')
      expect(reason).toContain(why)
      expect(from.address).toBe('10.77.0.11')
    }
    const anything = fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 200 }))
      .map(([flags, bytes]) => Buffer.from([flags, ...bytes]))
    for (const id of [21, 22, 23]) {
      await fromB(...fc.sample(anything, 100), packet(0x20, Buffer.from(sdpOf(id))))
      expect(await sap.object<Told>(({ event }) => event === 'new')).toMatchObject({ name: `Session ${id}` })
    }
    sap.kill('SIGINT')
    expect(await sap.ended).toMatchObject({ status: 0, stderr: '' })
  })

  it('prints what strangers announce without letting it steer the terminal', async () => {
    const sap = startCli(['sap', '-i', 'a0'])
    await sap.line(/^listening on a0$/)
    const name = 'evil \u001b[2J\u0007 \u202e name'
    const stream = sdpOf(31, name).replace('m=video', 'm=vi\u001bdeo')
    await fromB(packet(0x20, Buffer.from(stream)))
    const line = await sap.line(/^new: /)
    expect(line).toBe('new: evil \\x1b[2J\\x07 \\u{202e} name from 10.77.0.11')
    sap.kill('SIGINT')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect((await sap.ended).stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  })

  it('carries the clock, and does not print an any-source command for a filter that it does not understand', async () => {
    const sap = startCli(['sap', '-i', 'a0'])
    await sap.line(/^listening on a0$/)
    const said = (id: number, line: string) =>
      sdpOf(id)
        .replace('a=source-filter: incl IN IP4 * 10.77.0.11\r\n', '')
        .replace('RTP/AVP 33', `RTP/AVP 97\r\na=rtpmap:97 L24/48000/2\r\n${line}`)
    const channel = 'sockctl receive 232.1.1.1:5004 --rtp --clock 48000 -i a0'
    const named = 'sockctl receive SOURCE@232.1.1.1:5004'
    for (const [id, line, expected] of [
      [51, 'a=source-filter: INCL  in ip4 232.1.1.1/127 010.77.0.11', '10.77.0.11@'],
      [52, 'a=ptime:1', `  video: ${channel}`],
      [
        53,
        'a=source-filter: just IN IP4 * 10.77.0.11',
        `  video: # a source filter of it is not understood; of any source: ${channel}`,
      ],
      [
        54,
        'a=source-filter: incl IN IP4 * src.example',
        `  video: # its source is src.example: look up the address, then: ${named}`,
      ],
    ] as const) {
      await fromB(packet(0x20, Buffer.from(`APPLICATION/Sdp\0${said(id, line)}`)))
      await sap.line(new RegExp(`^new: Session ${id} `))
      expect(await sap.line(/^ {2}video: /)).toContain(
        id === 51 ? channel.replace('232.1', `${expected}232.1`) : expected,
      )
      if (id === 53)
        expect(await sap.line(/^ {2}not understood: /)).toMatch(/line \d+, .*: a source filter begins with/)
    }
  })

  it('announces what it can listen to, in the charset of the description, and refuses the rest', async () => {
    const sap = await listening('-i', 'a0')
    const latin1 = Buffer.from(sdpOf(61, 'Caf\xe9').replace('t=0', 'a=charset:ISO-8859-1\r\nt=0'), 'latin1')
    const file = scratchFile('latin1.sdp', latin1)
    const once = ['-i', 'b0', '--count', '1', '--no-withdraw']
    expect(await runCli(['sap', 'announce', file, ...once], { prefix: onHost(hosts(), 'B') })).toMatchObject({
      status: 0,
    })
    expect(await sap.object<Told>(({ event }) => event === 'new')).toMatchObject({ name: 'Caf\xe9' })
    for (const [input, why] of [
      [`SDP:\n${sdpOf(62)}`, "behind a line 'SDP:'"],
      [`\ufeff${sdpOf(62)}`, 'byte order mark'],
      [sdpOf(62).replace('v=0', 'v=1'), 'does not start with v=0'],
      [sdpOf(62, 'x', 3_000_000_000), 'of a session that ended at 1995-01-25'],
      [sdpOf(62).replace('IN IP4 10.77.0.11', ''), 'o= line'],
      [`${sdpOf(62)}a=${'x'.repeat(70_000)}\r\n`, 'at most 65536'],
    ] as const) {
      const { status, stderr } = await runCli(['sap', 'announce', '-', '-i', 'a0', '--group', GROUP], { input })
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringMatching(/^sockctl sap announce: sdp is [^\n]+\n$/),
      })
      expect(stderr).toContain(why)
    }
  })

  it('forgets a session once it has ended', async () => {
    const sap = await listening('-i', 'a0')
    const ends = Math.floor(Date.now() / 1000) + 2_208_988_800 + 2
    await fromB(packet(0x20, Buffer.from(sdpOf(41, 'Short', ends))))
    await sap.object<Told>(({ event }) => event === 'new')
    expect(await sap.object<Told>(({ event }) => event === 'expired')).toMatchObject({ name: 'Short' })
  })

  it('fails if nothing was announced, and if there is nothing to announce', async () => {
    expect(await runCli(['sap', '-i', 'a0', '--duration', '200ms'])).toMatchObject({
      status: 1,
      stderr: 'sockctl sap: no session was announced\n',
    })
    expect(await runCli(['sap', 'announce', '/nosuch.sdp', '-i', 'a0'])).toMatchObject({ status: 1, stdout: '' })
    for (const input of ['', 'hello', 'v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\n']) {
      const { status, stderr } = await runCli(['sap', 'announce', '-', '-i', 'a0'], { input })
      expect(status).toBe(2)
      expect(stderr).toMatch(/^sockctl sap announce: sdp [^\n]+\n$/)
    }
  })
})
