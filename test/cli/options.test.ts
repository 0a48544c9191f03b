import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { control } from 'sockctl'
import * as table from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { ALL_OPTIONS, findOption } from '../../lib/cli/commands/options/find.ts'
import { parseQuestion, parseValue, valueText } from '../../lib/cli/commands/options/value.ts'
import { partsOf } from '../../lib/options/option.ts'
import { runCli, sockctl } from '../support/cli.ts'
import { fc } from '../support/property.ts'

const get = async (...args: string[]) => {
  const { status, stderr, objects } = await runCli(['options', 'get', '--json', ...args])
  return {
    status,
    stderr,
    values: Object.fromEntries(objects<{ name: string; value: unknown }>().map((one) => [one.name, one.value])),
  }
}

describe('sockctl options', () => {
  it('lists the whole table, and those with a text in their name or level', async () => {
    const all = (await runCli(['options', '--json'])).objects()
    expect(all.map(({ name }) => name)).toEqual(Object.keys(table).sort())
    expect(all.every(({ does }) => typeof does === 'string' && does !== '')).toBe(true)

    const some = (await runCli(['options', 'multicast_t', '--json'])).objects()
    expect(some).toEqual([
      expect.objectContaining({
        name: 'IP_MULTICAST_TTL',
        level: 'IPPROTO_IP',
        access: 'read-write',
        value: 'a whole number from 0 to 255',
        supported: true,
      }),
    ])
    const tcp = (await runCli(['options', 'IPPROTO_TCP', '--json'])).objects()
    expect(tcp.length).toBeGreaterThan(10)
    expect(tcp.every(({ level }) => level === 'IPPROTO_TCP')).toBe(true)
  })

  it('explains an option by its doc comment', async () => {
    const { status, stdout } = await runCli(['options', 'explain', 'ip_multicast_all'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^IP_MULTICAST_ALL: deliver groups joined by other sockets/)
    expect(stdout).toMatch(/^Level +IPPROTO_IP, number 49$/m)
    expect(stdout).toMatch(/^Value +true or false$/m)
    expect(stdout).toMatch(/^Access +read-write$/m)
    expect(stdout).not.toMatch(/^Needs/m)
  })

  it.each([
    ['IP_ADD_MEMBERSHIP', 'Access   write; may wait for the kernel, so it runs off the event loop'],
    ['SO_DEBUG', 'Needs    CAP_NET_ADMIN'],
    ['SO_DEBUG', 'Systems  linux, darwin'],
    ['SO_RCVMARK', 'Systems  linux; since Linux 5.19'],
    ['SO_TYPE', 'Access   read'],
  ])('explains of %s: %s', async (name, line) => {
    expect((await runCli(['options', 'explain', name])).stdout.split('\n')).toContain(line)
  })

  it.each([
    ['SO_RCVBFU', /unknown option 'SO_RCVBFU'/],
    ['IP_RCVBUF', /there are SO_RCVBUF, SO_RCVBUFFORCE/],
  ])('says of %s what it can', async (name, says) => {
    const { status, stderr } = await runCli(['options', 'explain', name])
    expect(status).toBe(2)
    expect(stderr).toMatch(says)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it.each([
    [
      'SO_BSDCOMPAT',
      /^SO_BSDCOMPAT: a name of level SOL_SOCKET .*\n\nNot in the table: without effect since Linux 2\.4\n$/,
    ],
    ['tcp_cm_inq', /^TCP_CM_INQ: a name of level IPPROTO_TCP .*\n\nNot in the table: the type of a control message/],
    [
      'IPT_SO_SET_REPLACE',
      /level IPPROTO_IP or IPPROTO_IPV6, the tables of netfilter.*\n\nNot in the table: .*iptables/,
    ],
    ['PPPOL2TP_SO_DEBUG', /level SOL_PPPOL2TP, PPP over L2TP\n\nNot in the table: this library opens no socket/],
    ['SOL_BLUETOOTH', /^SOL_BLUETOOTH: the level of Bluetooth\n\nNot in the table: .*BlueZ/],
    ['DCCP_SOCKOPT_SERVICE', /Not in the table: taken out of Linux in 6\.16/],
  ])('says of %s what it is and why it is left out', async (name, says) => {
    const { status, stdout } = await runCli(['options', 'explain', name])
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(says) })
    const { objects } = await runCli(['options', 'explain', '--json', name])
    expect(objects()).toEqual([expect.objectContaining({ name: name.toUpperCase(), leftOut: true })])
  })

  it.each([
    ['SOL_TLS', /^SOL_TLS: the level of TLS_RX, .*TLS_TX_ZEROCOPY_RO\n\nsockctl options SOL_TLS says/],
    ['sol_tcp', /^IPPROTO_TCP: the level of TCP_AO_ADD_KEY, /],
    ['AF_DECnet', /^SOL_DECNET: the level of DECnet\n\nNot in the table: taken out of Linux in 6\.1\n$/],
    ['IPPROTO_DCCP', /^SOL_DCCP: the level of DCCP/],
    ['bluetooth', /^SOL_BLUETOOTH: the level of Bluetooth\n/],
    ['AX25_WINDOW', /Not in the table: taken out of Linux in 7\.1\n$/],
  ])('explains %s, a level by whichever name', async (name, says) => {
    const { status, stdout } = await runCli(['options', 'explain', name])
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(says) })
  })

  it.each([
    ['SO_RCVBUFF', 'SO_RCVBUF'],
    ['IP_RCVTTL', 'IP_RECVTTL'],
    ['IP_MULTICAST_ALL2', 'IP_MULTICAST_ALL'],
    ['SO_RCVBFU', 'SO_RCVBUF'],
  ])('takes %s for a misspelt %s', async (name, meant) => {
    const { status, stderr } = await runCli(['options', 'explain', name])
    expect(status).toBe(2)
    expect(stderr).toMatch(new RegExp(`unknown option '${name}'; there are ${meant}\\b`))
  })

  it.each([
    ['get', 'SOL_TLS', /'SOL_TLS' is a level, not an option: sockctl options SOL_TLS lists its options/],
    ['get', 'XDP_STATISTICS', /level SOL_XDP, of which sockctl opens no socket: give one that is open by --fd/],
    ['get', 'TLS_TX', /set TCP_ULP to 'tls'/],
    ['get', 'IP_MTU', /the socket must be connected first/],
    ['set', 'IP_ROUTER_ALERT false --igmp4', /it is off already/],
    ['set', 'MRT_ADD_VIF {vifi:0}', /'{vifi:0}' is not JSON: names and texts take double quotes/],
    ['get', 'MCAST_MSFILTER --ask {group:1}', /'{group:1}' is not JSON/],
    ['get', 'TLS_TX --ask des', /the question is 'des', not one of 'aes-gcm-128'/],
    ['set', 'CAN_RAW_FILTER --udp4 [{"can_id":1,"can_mask":2},{"can_id":"x","can_mask":3}]', /filter 1: can_id is 'x'/],
    ['set', 'SO_DEVMEM_DONTNEED --udp4 [{"token":1,"count":1}]', /it is for TCP sockets/],
  ])('options %s %s says what to do', async (verb, words, says) => {
    const { status, stderr } = await runCli(['options', verb, ...words.split(' ')])
    expect(status).toBeGreaterThan(0)
    expect(stderr).toMatch(says)
  })

  it.each([
    ['bluetooth', /left out of the table: Bluetooth \(SOL_BLUETOOTH/],
    ['bsdcompat', /left out of the table: SO_BSDCOMPAT\n/],
  ])('lists nothing for %s, and says what is left out', async (text, says) => {
    const { status, stderr } = await runCli(['options', text])
    expect(status).toBe(2)
    expect(stderr).toMatch(says)
  })

  it('lists a level by its other name', async () => {
    const list = (await runCli(['options', 'SOL_TCP', '--json'])).objects()
    expect(list).toEqual((await runCli(['options', 'IPPROTO_TCP', '--json'])).objects())
  })

  it('sets nothing that is left out, and says why', async () => {
    const { status, stderr } = await runCli(['options', 'set', 'SO_BSDCOMPAT', '1'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/SO_BSDCOMPAT is not in the table: without effect since Linux 2.4/)
  })

  it('reads options of new sockets of each kind', async () => {
    expect((await get('SO_TYPE', 'SO_PROTOCOL', '--tcp6')).values).toEqual({ SO_TYPE: 1, SO_PROTOCOL: 6 })
    expect((await get('IPV6_MULTICAST_HOPS', '--udp6')).values).toEqual({ IPV6_MULTICAST_HOPS: 1 })
    // If no kind of socket is named, one that suits the option is opened.
    expect((await get('TCP_KEEPCNT')).values).toEqual({ TCP_KEEPCNT: 9 })
    expect((await get('IPV6_V6ONLY')).values).toEqual({ IPV6_V6ONLY: false })
    expect((await get('SO_PASSCRED')).values).toEqual({ SO_PASSCRED: false })
    expect((await get('SO_TXREHASH')).status).toBe(0)
  })

  it('sets an option and says what the kernel made of it', async () => {
    const { status, objects } = await runCli(['options', 'set', '--json', 'SO_RCVBUF', '65536'])
    expect({ status, objects: objects() }).toEqual({ status: 0, objects: [{ name: 'SO_RCVBUF', value: 131072 }] })
    const linger = await runCli(['options', 'set', '--json', '--tcp4', 'SO_LINGER', '{"onoff": true, "linger": 5}'])
    expect(linger.objects()).toEqual([{ name: 'SO_LINGER', value: { onoff: true, linger: 5 } }])
    const algorithm = await runCli(['options', 'set', '--json', 'TCP_CONGESTION', 'reno'])
    expect(algorithm.objects()).toEqual([{ name: 'TCP_CONGESTION', value: 'reno' }])
  })

  it('acts on a socket it inherits, and shows all of it', async () => {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { fd } = control(socket)
    const inherit = async (...args: string[]) => {
      const [program = '', ...rest] = sockctl('options', ...args, '--fd', '3', '--json')
      const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit', fd] })
      let text = ''
      child.stdout?.on('data', (part) => {
        text += part
      })
      const [status] = await once(child, 'close')
      return {
        status,
        values: text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      }
    }
    expect(await inherit('set', 'IP_MULTICAST_TTL', '7')).toEqual({
      status: 0,
      values: [{ name: 'IP_MULTICAST_TTL', value: 7 }],
    })
    expect(await control(socket).get(table.IP_MULTICAST_TTL)).toBe(7)
    const { values } = await inherit('get', '--all')
    expect(values).toContainEqual({ name: 'IP_MULTICAST_TTL', value: 7 })
    expect(values.map(({ name }) => name)).toEqual(Object.keys(await control(socket).snapshot()))
    socket.close()
  })

  it('asks an option that must be asked', async () => {
    const question = '{"group": "239.1.1.1", "interface": "lo"}'
    const { status, stderr } = await get('MCAST_MSFILTER', '--ask', question)
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^sockctl options get: MCAST_MSFILTER group 239\.1\.1\.1 on lo: this socket is not a member there/,
    )
    expect((await get('MCAST_MSFILTER')).status).toBe(2)
    expect((await get('MCAST_MSFILTER', '--ask', '{')).status).toBe(2)
  })

  it.each([
    [1, ['get', 'SO_RCVBUF', '--fd', '99']],
    [1, ['get', 'TCP_NODELAY', '--udp4']],
    [1, ['set', 'SO_BINDTODEVICE', 'nosuch0']],
    [2, ['get']],
    [2, ['get', '--all', 'SO_RCVBUF']],
    [2, ['get', 'SO_RCVBUF', '--udp4', '--tcp4']],
    [2, ['get', 'SO_RCVBUF', '--fd', '3', '--tcp4']],
    [2, ['get', 'SO_RCVBUF', '--fd', '-1']],
    [2, ['get', 'SO_RCVBUFFORCE']],
    [2, ['set', 'SO_RCVBUF']],
    [2, ['set', 'SO_RCVBUF', 'many']],
    [2, ['set', 'SO_RCVBUF', '1e3000']],
    [2, ['set', 'SO_TYPE', '1']],
    [2, ['set', 'IP_MULTICAST_TTL', '256']],
    [2, ['set', 'SO_KEEPALIVE', '2']],
    [2, ['set', 'SO_LINGER', '{"onoff": 1}']],
    [2, ['nosuchtext']],
  ])('gives exit status %d and one line for %j', async (expected, args) => {
    const { status, stdout, stderr } = await runCli(['options', ...args])
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
    expect(stderr).toMatch(/^sockctl options[a-z ]*: [^\n]+\n$/)
  })
})

describe('a value in text', () => {
  it.each([
    ['SO_RCVBUF', '4096', 4096],
    ['SO_RCVBUF', '0x1000', 4096],
    ['IPV6_MULTICAST_HOPS', '-1', -1],
    ['SO_KEEPALIVE', 'true', true],
    ['SO_KEEPALIVE', 'OFF', false],
    ['SO_KEEPALIVE', '1', true],
    ['SO_KEEPALIVE', '0', false],
    ['SO_BINDTODEVICE', 'eth0', 'eth0'],
    ['SO_BINDTODEVICE', '7', '7'],
    ['SO_BINDTODEVICE', '""', ''],
    ['IP_MULTICAST_IF', '2', 2],
    ['IP_MULTICAST_IF', 'eth0', 'eth0'],
    ['SO_MAX_PACING_RATE', '12345678901234', 12345678901234n],
    ['SO_LINGER', '{"onoff":false,"linger":0}', { onoff: false, linger: 0 }],
    ['TCP_MD5SIG', '{"address":"10.0.0.1","key":"61626"}', { address: '10.0.0.1', key: '61626' }],
    ['TCP_MD5SIG', '{"address":"10.0.0.1","key":"616263"}', { address: '10.0.0.1', key: new Uint8Array([97, 98, 99]) }],
    ['MRT_FLUSH', 'mfc,vifs', ['mfc', 'vifs']],
    ['CAN_RAW_FILTER', '[{"can_id":"0x123","can_mask":2047}]', [{ can_id: 0x123, can_mask: 0x7ff }]],
    ['SO_J1939_FILTER', '[{"name":1,"name_mask":"18446744073709551615"}]', [{ name: 1n, name_mask: 2n ** 64n - 1n }]],
    [
      'TLS_TX',
      `{"version":"1.3","cipher":"chacha20-poly1305","iv":"${'00'.repeat(12)}","key":"${'11'.repeat(32)}","salt":"","rec_seq":"${'22'.repeat(8)}"}`,
      {
        ...{ version: '1.3', cipher: 'chacha20-poly1305', salt: new Uint8Array() },
        ...{ iv: new Uint8Array(12), key: new Uint8Array(32).fill(0x11), rec_seq: new Uint8Array(8).fill(0x22) },
      },
    ],
  ])('%s %s is what the option takes', (name, text, value) => {
    expect(parseValue(findOption(name), text)).toEqual(value)
  })

  it('is read back from what was printed, for every option and value that can be set', () => {
    const option = fc.constantFrom(...ALL_OPTIONS.filter(({ writable }) => writable))
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.bigInt(), fc.double())
    fc.assert(
      fc.property(option, value, (one, given) => {
        const verdict = one.codec.wrong(given)
        if (verdict !== '' && verdict !== false) return
        // A text that looks like another value of the same option can only be given in quotes.
        const text = typeof given === 'string' ? JSON.stringify(given) : valueText(given).replaceAll('"', '')
        // As text, -0 is 0.
        expect(parseValue(one, text)).toEqual(given === 0 ? 0 : given)
      }),
    )
  })

  it('is the question of an option: a word, or JSON', () => {
    expect(parseQuestion(findOption('PACKET_HDRLEN'), 'v2')).toBe('v2')
    expect(parseQuestion(findOption('TLS_TX'), '"sm4-gcm"')).toBe('sm4-gcm')
    expect(parseQuestion(findOption('MCAST_MSFILTER'), '{"group": "239.1.1.1"}')).toEqual({ group: '239.1.1.1' })
  })

  it('may be as long a list as the option takes, in hexadecimal too', () => {
    const filters = Array.from({ length: 512 }, (_, id) => ({ can_id: `0x${id.toString(16)}`, can_mask: 0x7ff }))
    const option = findOption('CAN_RAW_FILTER')
    const value = parseValue(option, JSON.stringify(filters)) as { can_id: number }[]
    expect(value.map(({ can_id }) => can_id)).toEqual(Array.from({ length: 512 }, (_, id) => id))
  })

  it('has bytes even if they are too few, so that the error says how many there are to be', () => {
    const keys = { iv: '00', key: '11'.repeat(16), salt: '22'.repeat(4), rec_seq: '33'.repeat(8) }
    const option = findOption('TLS_TX')
    const value = parseValue(option, JSON.stringify({ version: '1.2', cipher: 'aes-gcm-128', ...keys }))
    expect(option.codec.wrong(value)).toBe('iv is 1 bytes: aes-gcm-128 takes a Uint8Array of 8 bytes')
  })

  it('is never more than refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL_OPTIONS), fc.oneof(fc.string(), fc.json()), (option, text) => {
        parseValue(partsOf(option), text)
      }),
    )
  })
})
