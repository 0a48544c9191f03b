import dgram from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Running, runCli, startCli } from '../support/cli.ts'
import { describeOnHosts, onHost } from '../support/hosts.ts'
import { lanes } from '../support/lanes.ts'
import { sendPayloads } from '../support/payloads.ts'

interface Told {
  event: string
  source: { address: string; port: number }
  interface: string
  to: string
  bytes: number
  same: boolean
  text: string
}

const PORT = 9877
const channelOf = (group: string): string => (group.includes(':') ? `[${group}]:${PORT}` : `${group}:${PORT}`)

describeOnHosts('sockctl echo', (hosts) => {
  const serving = async (...args: string[]): Promise<Running> => {
    const echo = startCli(['echo', '--json', ...args])
    await echo.object<Told>(({ event }) => event === 'joined')
    return echo
  }
  const askFromB = (...args: string[]) =>
    runCli(['echo', '--client', '--json', ...args], { prefix: onHost(hosts(), 'B') })

  describe.each(lanes)('over $name', (lane) => {
    it('sends 2,000 bytes back, which is more than a packet holds', async () => {
      const echo = await serving(channelOf(lane.group), '-i', lane.interface)
      const through = hosts().pairs[lane.at].b.name
      const { status, stderr, objects } = await askFromB(
        channelOf(lane.group),
        '-i',
        through,
        '--size',
        '2000',
        '--wait',
        '1s',
      )
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      const [answer, summary] = objects<Told>()
      expect(answer).toMatchObject({
        event: 'answer',
        interface: through,
        bytes: 2000,
        same: true,
        source: { port: PORT },
      })
      expect(lane.local).toContain(answer?.source.address)
      expect(summary).toMatchObject({ event: 'summary', answers: 1, hosts: 1 })
      expect(await echo.object<Told>(({ event }) => event === 'echoed')).toMatchObject({
        to: lane.group,
        interface: lane.interface,
        bytes: 2000,
      })
      echo.kill('SIGINT')
      expect((await echo.ended).objects().at(-1)).toMatchObject({ event: 'summary', echoed: 1, bytes: 2000 })
    })
  })

  it('is every host’s by default, and each answer is printed', async () => {
    const echoes = [
      await serving('-i', 'a0'),
      startCli(['echo', '--json', '-i', 'b0'], { prefix: onHost(hosts(), 'B') }),
    ]
    await echoes[1]?.object<Told>(({ event }) => event === 'joined')
    const { stdout, status } = await runCli(['echo', '--client', '-i', 'b0', '--wait', '1s', '--text', 'anybody?'], {
      prefix: onHost(hosts(), 'B'),
    })
    expect(status).toBe(0)
    const answers = stdout.split('\n').filter((line) => / 8 bytes, [\d.]+ ms$/.test(line))
    expect(answers.map((line) => line.split(':')[0]).sort()).toEqual(['10.77.0.1', '10.77.0.11'])
    expect(stdout).toMatch(/^2 answers from 2 hosts in 1\.\d s\n$/m)
  })

  it('answers by unicast too, from the address it was sent to, and no other echo', async () => {
    const echo = await serving(channelOf('239.1.2.3'), '-i', 'a0')
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    onTestFinished(() => void socket.close())
    await once(socket, 'listening')
    socket.send('direct', PORT, '127.0.0.2')
    const [data, from] = await once(socket, 'message')
    expect({ data: String(data), from: from.address, port: from.port }).toEqual({
      data: 'direct',
      from: '127.0.0.2',
      port: PORT,
    })

    const other = dgram.createSocket({ type: 'udp4', reuseAddr: true }).bind(PORT, '127.0.0.9')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    other.send('from an echo', PORT, '127.0.0.2')
    socket.send('last', PORT, '127.0.0.2')
    await once(socket, 'message')
    echo.kill('SIGINT')
    const { objects, status } = await echo.ended
    expect(status).toBe(0)
    expect(objects().at(-1)).toMatchObject({ echoed: 2 })
  })

  it('ends after --count, and fails if nobody answers', async () => {
    const echo = await serving(channelOf('239.1.2.3'), '-i', 'a0', '--count', '2')
    await sendPayloads(hosts(), '239.1.2.3', PORT, [Buffer.from('1'), Buffer.alloc(0)])
    expect((await echo.ended).status).toBe(0)
    expect(await runCli(['echo', '--client', '239.1.2.3', '-i', 'a0', '--wait', '200ms'])).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^0 answers from 0 hosts/),
      stderr: 'sockctl echo: nobody in 239.1.2.3:9877 answered\n',
    })
  })

  it.each([
    [['--client', '239.1.1.1', '239.1.1.2']],
    [['127.0.0.1@232.1.1.1']],
    [['--client', '--text', 'x', '--size', '5']],
    [['127.0.0.1:x']],
  ])('calls it bad usage: %j', async (args) => {
    expect((await runCli(['echo', ...args])).status).toBe(2)
  })
})

describeOnHosts('sockctl chat', (hosts) => {
  const chatting = async (host: 'A' | 'B', on: string, ...args: string[]): Promise<Running & { text: string }> => {
    const prefix = onHost(hosts(), host)
    const chat = startCli(['chat', '239.255.1.2:8888', '-i', on, '--json', '--every', '200ms', ...args], { prefix })
    const { text } = await chat.object<Told>(({ event }) => event === 'joined')
    return { ...chat, text }
  }
  const heardBy = (chat: Running) => chat.object<Told>(({ event }) => event === 'heard')

  it('says host and process, hears the others, on this host too, and not itself', async () => {
    const [one, two, three] = [await chatting('A', 'a0'), await chatting('A', 'a0'), await chatting('B', 'b0')]
    expect(one.text).toMatch(/^\S+, \d+$/)
    const texts = [one.text, two.text, three.text]
    for (const chat of [one, two, three]) {
      const heard = new Set<string>()
      while (heard.size < 2) heard.add((await heardBy(chat)).text)
      expect([...heard].sort()).toEqual(texts.filter((text) => text !== chat.text).sort())
    }
    for (const chat of [one, two, three]) {
      chat.kill('SIGINT')
      const { status, stderr, objects } = await chat.ended
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(objects<Told>().filter(({ event, text }) => event === 'heard' && text === chat.text)).toEqual([])
      expect(objects().at(-1)).toMatchObject({ event: 'summary', said: expect.any(Number) })
    }
  })

  it('prints what strangers say without letting it steer the terminal', async () => {
    const chat = startCli(['chat', '239.255.1.2:8888', '-i', 'a0', '--count', '1'])
    await chat.line(/^in 239\.255\.1\.2:8888 on a0 as /)
    await sendPayloads(hosts(), '239.255.1.2', 8888, [Buffer.from('evil\u001b[2J\n')])
    expect((await chat.ended).stdout).toMatch(/^from 10\.77\.0\.11:\d+ on a0: evil\\x1b\[2J\n/m)
  })

  it('says in a line why it can’t', async () => {
    for (const [args, status, why] of [
      [['239.255.1.2'], 2, 'has no port'],
      [['239.255.1.2:8888', '--every', '1ms'], 2, 'At least 100 ms'],
      [['239.255.1.2:8888', '-i', 'nosuch0'], 1, 'no interface'],
      [['239.255.1.2:8888'], 1, 'there is no route to 239.255.1.2: name an interface with -i'],
    ] as const) {
      const ended = await runCli(['chat', ...args])
      expect(ended.status).toBe(status)
      expect(ended.stderr).toMatch(/^sockctl chat: [^\n]+\n$/)
      expect(ended.stderr).toContain(why)
    }
  })
})
