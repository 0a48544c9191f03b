import { execFileSync, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { splitWords } from '../../lib/cli/commands/script/words.ts'
import { runCli, sockctl, startCli } from '../support/cli.ts'
import { ip } from '../support/commands.ts'
import { describeOnHosts } from '../support/hosts.ts'
import { describeInNamespace } from '../support/namespace.ts'
import { fc } from '../support/property.ts'

const folder = mkdtempSync(join(tmpdir(), 'sockctl-script-'))
afterAll(() => rmSync(folder, { recursive: true }))

const isLinkTo = (link: string, path: string): boolean => {
  try {
    return readlinkSync(link) === path
  } catch {
    return false
  }
}

const file = (name: string, ...lines: string[]) => {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

const script = (lines: readonly string[], ...args: string[]) =>
  runCli(['script', ...args], { input: `${lines.join('\n')}\n` })

/** Runs a script, which must succeed, and gives its output. */
const output = async (...lines: string[]) => {
  const { status, stdout, stderr } = await script(lines)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').slice(0, -1)
}

describeInNamespace('sockctl script', () => {
  it('opens, binds, joins, filters and shows', async () => {
    const lines = await output(
      '# a comment, and an empty line',
      '',
      'socket udp4 receiver',
      'set SO_REUSEADDR on   # before bind',
      'expect SO_REUSEADDR true',
      'bind 127.0.0.1:0',
      'join 232.1.1.1 lo 127.0.0.2 127.0.0.3',
      'join 127.0.0.4@232.1.1.2%lo',
      'join 239.1.1.1 lo',
      'block 239.1.1.1 lo 127.0.0.5',
      'show',
      'unblock 127.0.0.5@239.1.1.1%lo',
      'leave 232.1.1.1 lo 127.0.0.2',
      'leave 232.1.1.2 lo',
      'filter 239.1.1.1 lo include 127.0.0.6',
      'filter 239.1.1.1 lo',
      'show',
      'get SO_LINGER',
      'set SO_LINGER {"onoff": true, "linger": 5}',
      'get SO_LINGER',
      'quit',
      'no such command',
    )
    expect(lines.map((line) => line.replace(/port \d+/, 'port N'))).toEqual([
      'receiver (udp4), bound to 127.0.0.1 port N',
      '  232.1.1.1 on lo include 127.0.0.2 127.0.0.3',
      '  232.1.1.2 on lo include 127.0.0.4',
      '  239.1.1.1 on lo exclude 127.0.0.5',
      'include 127.0.0.6',
      'receiver (udp4), bound to 127.0.0.1 port N',
      '  232.1.1.1 on lo include 127.0.0.3',
      '  239.1.1.1 on lo include 127.0.0.6',
      'SO_LINGER {"onoff":false,"linger":0}',
      'SO_LINGER {"onoff":true,"linger":5}',
    ])
  })

  it('expects datagrams to arrive, and not to', async () => {
    await output(
      'socket udp4 any',
      'bind 0.0.0.0:17001',
      'join 239.1.1.1 lo',
      'socket udp4 sender',
      'set IP_MULTICAST_IF 127.0.0.1',
      'bind 127.0.0.2',
      'send 239.1.1.1:17001 one two',
      'send 239.1.1.1:17001 three',
      'use any',
      'expect 2 datagrams from 127.0.0.2 to 239.1.1.1 within 5s',
      'block 239.1.1.1 lo 127.0.0.2',
      'use sender',
      'send 239.1.1.1:17001 unheard',
      'send 127.0.0.1:17001 marker',
      'use any',
      'expect datagram to 127.0.0.1 within 5s',
      'expect no datagram within 10ms',
    )
  })

  it.each([
    ['expect datagram within 50ms', /^line 3: 0 of 1 datagrams arrived within 50 ms$/],
    ['expect SO_BROADCAST true', /^line 3: SO_BROADCAST is false$/],
    ['expect error EINVAL show', /^line 3: an error was expected, but the command succeeded$/],
    ['expect error EBADF join 224.0.0.300', /^line 3: EBADF was expected, not ERR_INVALID_CHANNEL: channel/],
    ['expect filter 239.1.1.1 lo exclude', /^line 3: MCAST_MSFILTER group 239.1.1.1 .*not a member/],
    [
      'leave 239.1.1.1 lo',
      /^line 3: MCAST_LEAVE_GROUP group 239.1.1.1 .*not a member there; join first \(EADDRNOTAVAIL/,
    ],
    ['block 239.1.1.1 lo', /^line 3: a source is needed/],
    ['join', /^line 3: a group is needed$/],
    ['join 239.1.1.1 nosuch0', /^line 3: no interface 'nosuch0'/],
    ['bind 1.2.3.4:5', /^line 3: bind to 1.2.3.4 port 5: this host has no such address/],
    ['bind 5 6 7', /^line 3: unexpected word '7'$/],
    ['send 127.0.0.1 x', /^line 3: an address and a port to send to are needed/],
    ['socket pipe', /^line 3: unknown kind of socket 'pipe'; there are: udp4, /],
    ['get SO_NOSUCH', /^line 3: unknown option 'SO_NOSUCH'/],
    ['set SO_RCVBUF', /^line 3: a value is needed: a whole number/],
    ['set SO_RCVBUF x', /^line 3: SO_RCVBUF must be a whole number/],
    ['sleep long', /^line 3: A time is needed/],
    ['use other', /^line 3: no socket 'other'; there are: udp4$/],
    ['frobnicate', /^line 3: unknown command 'frobnicate'; \? lists the commands$/],
    ['f nosuchfile', /^line 3: can't read nosuchfile \(ENOENT\)$/],
  ])('stops at %j with its line number and exit status 1', async (line, message) => {
    const { status, stdout, stderr } = await script(['socket udp4', '', line, 'show'])
    expect({ status, stdout: stdout.replace('-1\n', '') }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^sockctl script: [^\n]+\n$/)
    expect(stderr.trim().replace('sockctl script: ', '')).toMatch(message)
  })

  it('holds what must be refused for right, by code or by reason', async () => {
    await output(
      'socket udp4',
      'join 239.1.1.1 lo',
      'expect error join 239.1.1.1 lo',
      'expect error EADDRINUSE join 239.1.1.1 lo',
      'expect error already-member join 239.1.1.1 lo',
      'expect error filter-mode join 239.1.1.1 lo 127.0.0.2',
      'expect error bad-value join ff15::1 lo',
      'expect filter 239.1.1.1 lo exclude',
    )
  })

  it('understands mtest, whose commands answer as they do there', async () => {
    const more = file('more.txt', '# skipped', '  j 239.1.1.3 lo', 'g 239.1.1.3 lo 0')
    expect(
      await output(
        'j 239.1.1.1 lo',
        'b 239.1.1.1 lo 127.0.0.9',
        'g 239.1.1.1 lo 20',
        't 239.1.1.1 lo 127.0.0.9',
        'i 239.1.1.1 lo 2',
        '127.0.0.20',
        '127.0.0.3',
        'g 239.1.1.1 lo 1',
        // In filter mode include, t joins a source and b leaves it.
        't 239.1.1.1 lo 127.0.0.4',
        'b 239.1.1.1 lo 127.0.0.20',
        'g 239.1.1.1 lo 20',
        'e 239.1.1.1 lo 1 127.0.0.8',
        'g 239.1.1.1 lo 20',
        'l 239.1.1.1 lo',
        'j 232.1.1.1 lo 127.0.0.2',
        'l 232.1.1.1 lo 127.0.0.2',
        `f ${more}`,
        'q',
      ),
    ).toEqual(
      [
        ['ok', 'ok', 'exclude', '1', '127.0.0.9', 'ok', 'ok', 'ok'],
        ['include', '2', '127.0.0.3', 'ok', 'ok', 'ok', 'include', '2', '127.0.0.3', '127.0.0.4', 'ok'],
        ['ok', 'exclude', '1', '127.0.0.8', 'ok', 'ok', 'ok', 'ok', 'ok', 'exclude', '0', 'ok'],
      ].flat(),
    )
  })

  it('prints how many sources there are in all, and the first of them, as mtest does', async () => {
    const sources = ['127.0.0.9', '127.0.0.30', '127.0.0.4']
    const lines = await output('j 239.1.1.1 lo', 'e 239.1.1.1 lo 3', ...sources, 'g 239.1.1.1 lo 2', 'g 239.1.1.1 lo 0')
    expect(lines.slice(2)).toEqual(['exclude', '3', '127.0.0.4', '127.0.0.9', 'ok', 'exclude', '3', 'ok'])
  })

  it.each([
    ['j 10.0.0.1 lo', /'10\.0\.0\.1'/],
    ['j 239.1.1.1 nosuch0', /no interface 'nosuch0'/],
    ['j lo 239.1.1.1', /'lo'/],
    ['l 239.1.1.1 lo', /EADDRNOTAVAIL/],
    ['b 239.1.1.1 lo', /a source is needed/],
    ['t 239.1.1.1 lo', /a source is needed/],
    ['b 239.1.1.1 lo 127.0.0.1', /not a member/],
    ['i 239.1.1.1 lo', /the number of sources is needed/],
    ['i 239.1.1.1 lo 21', /from 0 to 20/],
    ['e 239.1.1.1 lo 2', /2 sources are needed; there are 0/],
    ['g 239.1.1.1 lo', /how many sources to print/],
    ['g 239.1.1.1 lo 1', /not a member/],
    ['s 0', /from 1 to/],
    ['a lo 00:00:5e:01:01:01', /not an Ethernet group/],
    ['d lo 01:00:5e:01:01:01', /not added by this script/],
    ['m lo 2', /neither 1 nor 0/],
    ['p nosuch0 1', /no interface 'nosuch0'/],
  ])('answers -1 to %j, as mtest does, and says why', async (command, why) => {
    const { status, stdout, stderr } = await script([command])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '-1\n' })
    expect(stderr).toMatch(/^sockctl script: line 1: [^\n]+\n$/)
    expect(stderr).toMatch(why)
  })

  it('says at ? what to write after each verb and what it does', async () => {
    const commands = `\n${(await output('?')).join('\n')}`
    for (const [head, does] of [
      ['close [NAME]', 'close a socket'],
      ['use NAME', 'make another socket the current one'],
      ['send ADDRESS:PORT [TEXT | --hex BYTES]', 'send a datagram: a text, or bytes in hexadecimal'],
      ['expect OPTION VALUE', 'fail unless the option has the value'],
      ['quit', 'end the script'],
    ])
      expect(commands).toContain(`\n  ${head}\n      ${does}\n`)
  })

  it('has a help that fits a screen, and names every command', async () => {
    const { stdout } = await runCli(['script', '--help'], { env: { ...process.env, COLUMNS: '80' } })
    const lines = stdout.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(24)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    const verbs = (await output('?')).flatMap((line) => /^ {2}(\S+)/.exec(line)?.[1] ?? [])
    expect(verbs.filter((verb) => !stdout.split(/[\s;:]+/).includes(verb))).toEqual([])
  })

  it('sends bytes in hexadecimal', async () => {
    const receiver = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(receiver, 'listening')
    const arrived = once(receiver, 'message')
    await output('socket udp4', `send 127.0.0.1:${receiver.address().port} --hex ef 01:02 # three bytes`)
    expect((await arrived)[0]).toEqual(Buffer.from('ef0102', 'hex'))
    receiver.close()
    expect((await script(['socket udp4', 'send 127.0.0.1:5999 --hex xyz'])).stderr).toContain(
      'line 2: Bytes in hexadecimal are needed',
    )
  })

  it('runs a FIFO line by line, and ends with its writer', async () => {
    const path = join(folder, 'fifo')
    execFileSync('mkfifo', [path])
    const running = startCli(['script', path, '--json'])
    const writer = createWriteStream(path)
    for (const line of ['socket udp4', 'get SO_TYPE']) {
      writer.write(`${line}\n`)
      expect(await running.object(({ command }) => command === line)).toMatchObject({ ok: true, file: 'fifo' })
    }
    writer.end()
    expect((await running.ended).status).toBe(0)
  })

  it('is interrupted while it waits for the writer of a FIFO', async () => {
    const path = join(folder, 'fifo without writer')
    execFileSync('mkfifo', [path])
    const running = startCli(['script', path, '--json'])
    for (const patience = AbortSignal.timeout(10_000); ; ) {
      const open = readdirSync(`/proc/${running.pid}/fd`).some((fd) => isLinkTo(`/proc/${running.pid}/fd/${fd}`, path))
      if (open) break
      if (patience.aborted) throw new Error('the FIFO was not opened')
    }
    running.kill('SIGINT')
    expect(await running.ended).toMatchObject({
      status: 1,
      stderr: 'sockctl script: interrupted before the end of the script\n',
    })
  })

  it('names the file and line of an error in a file it runs', async () => {
    const inner = file('inner.txt', 'socket udp4', 'join 10.0.0.1')
    const outer = file('outer.txt', '', `f ${inner}`)
    const { status, stderr } = await runCli(['script', outer])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl script: inner\.txt line 2: channel '10\.0\.0\.1'/)
    const endless = file('endless.txt', `f ${join(folder, 'endless.txt')}`)
    expect((await runCli(['script', endless])).stderr).toMatch(/run each other more than 16 deep/)
  })

  it('runs one file after another, however many', async () => {
    const inner = file('repeated.txt', '# nothing')
    const { status, stderr } = await script(Array.from({ length: 17 }, () => `f ${inner}`))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('tells each command as an object', async () => {
    const { status, objects } = await script(['socket udp4', 'get SO_BROADCAST', 'join 1.2.3.4'], '--json')
    expect(status).toBe(1)
    expect(objects()).toEqual([
      { line: 1, command: 'socket udp4', ok: true },
      { line: 2, command: 'get SO_BROADCAST', ok: true, result: { name: 'SO_BROADCAST', value: false } },
      {
        line: 3,
        command: 'join 1.2.3.4',
        ok: false,
        error: expect.any(String),
        code: 'ERR_INVALID_CHANNEL',
        reason: 'bad-value',
      },
    ])
  })

  it('runs each command as it comes, and ends at a signal in its midst', async () => {
    const [program = '', ...rest] = sockctl('script', '--json')
    const child = spawn(program, rest)
    child.stdin.write('socket udp4\n')
    await once(child.stdout, 'data')
    child.stdin.write('expect datagram within 1h\n')
    child.stdin.write('show\n')
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    const ended = once(child, 'close')
    child.kill('SIGINT')
    expect(await ended).toEqual([1, null])
    expect(said).toBe('sockctl script: interrupted before the end of the script\n')
  })

  it('never prints a stack trace, whatever the script', async () => {
    const word = fc.oneof(
      fc.constantFrom(
        'socket',
        'udp4',
        'unix',
        'packet',
        'bind',
        'join',
        'leave',
        'block',
        'filter',
        'include',
        'get',
        'set',
      ),
      fc.constantFrom(
        'SO_RCVBUF',
        'show',
        'expect',
        'error',
        'no',
        'datagram',
        'j',
        'i',
        'g',
        't',
        'b',
        'e',
        'f',
        '2',
        '?',
      ),
      fc.constantFrom('239.1.1.1', 'ff15::1', 'lo', '127.0.0.1', '0.0.0.0', '5', '"', '#', '-1', '{}', '127.0.0.1:80'),
      fc.string({ maxLength: 8 }),
    )
    const line = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(' ').replaceAll('\n', ' '))
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), async (lines) => {
        const { status, stderr } = await script(['socket udp4', ...lines])
        expect([0, 1]).toContain(status)
        expect(stderr).not.toMatch(/^\s+at |node:internal|undefined|\[object/m)
        if (status === 1) expect(stderr).toMatch(/^sockctl script: [^\n]*line \d+: [^\n]+\n$/)
      }),
      { numRuns: 30 },
    )
  }, 90_000)
})

describeOnHosts('sockctl script between hosts', (hosts) => {
  it('takes its interface from -i, an address or an index, and IPv6 as IPv4', async () => {
    const { a } = hosts().pairs[1]
    const lines = [
      'socket udp6',
      'join ff3e::1',
      'leave ff3e::1',
      `join ff15::1 ${a.index}`,
      'show',
      'socket udp4',
      `join 239.1.1.1 ${a.ipv4[0]}`,
      'show',
    ]
    const { status, stdout } = await script(lines, '-i', a.name)
    expect(status).toBe(0)
    expect(stdout).toContain(`ff15::1 on ${a.name} exclude\n`)
    expect(stdout).toContain(`239.1.1.1 on ${a.name} exclude\n`)
  })

  it('understands mtest of IPv6 and IPv4 on one interface', async () => {
    const { a } = hosts().pairs[0]
    const lines = await output(
      `j ff15::1 ${a.name}`,
      `b ff15::1 ${a.name} fd00::9`,
      `b ff15::1 ${a.name} fd00::8`,
      `g ff15::1 ${a.name} 1`,
      `t ff15::1 ${a.name} fd00::8`,
      `j 232.1.1.1 ${a.name} 10.0.0.9`,
      `t 232.1.1.1 ${a.name} 10.0.0.8`,
      `g 232.1.1.1 ${a.name} 20`,
      `i ff15::1 ${a.name} 1`,
      'fd00::7',
      `g ff15::1 ${a.name} 20`,
      `l ff15::1 ${a.name} fd00::7`,
      `l 232.1.1.1 ${a.name} 10.0.0.8`,
      `l 232.1.1.1 ${a.name} 10.0.0.9`,
    )
    expect(lines).toEqual([
      ...['ok', 'ok', 'ok', 'exclude', '2', 'fd00::8', 'ok', 'ok'],
      ...['ok', 'ok', 'include', '2', '10.0.0.8', '10.0.0.9', 'ok'],
      ...['ok', 'include', '1', 'fd00::7', 'ok', 'ok', 'ok', 'ok'],
    ])
  })

  it('has an interface take in more for mtest, until told otherwise or the script ends', async () => {
    const { name } = hosts().pairs[0].a
    const group = '01005e070707'
    const takes = () => readFileSync('/proc/net/dev_mcast', 'latin1').includes(group)
    const counts = async () => {
      const [link] = JSON.parse(await ip('-json', '-details', 'link', 'show', name)) as Record<string, number>[]
      return [link?.promiscuity, link?.allmulti]
    }
    const before = await counts()
    const running = startCli(['script'])
    const type = async (command: string) => {
      running.stdin.write(`${command}\n`)
      await running.line(/^ok$/)
    }
    await type(`a ${name} 1:0:5e:7:7:7`)
    expect(takes()).toBe(true)
    await type(`p ${name} 1`)
    await type(`p ${name} 1`)
    await type(`m ${name} 1`)
    expect(await counts()).toEqual(before.map((count = 0) => count + 1))
    await type(`p ${name} 0`)
    await type(`m ${name} 0`)
    expect(await counts()).toEqual(before)
    await type(`d ${name} 01:00:5e:07:07:07`)
    expect(takes()).toBe(false)
    await type(`a ${name} 01:00:5e:07:07:07`)
    running.stdin.end()
    expect((await running.ended).status).toBe(0)
    expect(takes()).toBe(false)
  })
})

describe('the words of a line', () => {
  it.each([
    ['join 239.1.1.1  lo', ['join', '239.1.1.1', 'lo']],
    ['set X "a b" # c', ['set', 'X', 'a b']],
    ['set X ""', ['set', 'X', '']],
    ['a"b c', ['a"b', 'c']],
    ['"open', ['"', 'open']],
    ['# all of it', []],
    ['x#y', ['x#y']],
  ])('%j', (line, words) => {
    expect(splitWords(line).list).toEqual(words)
  })

  it('are followed by the rest as it was written', () => {
    expect(splitWords('set SO_LINGER {"a": 1, "b": "# 2"} # c').from(2)).toBe('{"a": 1, "b": "# 2"}')
    expect(splitWords('set X').from(2)).toBe('')
  })
})
