import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { spawnProgram } from './support/processes.ts'

// A user's program, with sockctl in node_modules.
const home = mkdtempSync(join(tmpdir(), 'sockctl-user-'))
mkdirSync(join(home, 'node_modules'))
symlinkSync(fileURLToPath(new URL('..', import.meta.url)), join(home, 'node_modules', 'sockctl'))
afterAll(() => rmSync(home, { recursive: true }))

type Kind = 'commonjs' | 'module'

/** Runs a user's program, which must succeed without a warning, and gives the JSON it prints. */
async function told<T extends object>(kind: Kind, code: string): Promise<T> {
  const flags = ['--throw-deprecation', '--pending-deprecation', `--input-type=${kind}`]
  await using child = spawnProgram(['env', '-C', home, process.execPath, ...flags, '--eval', code])
  const message = await child.next<T>()
  expect(await child.exited, child.stderr()).toEqual({ code: 0, signal: null })
  expect(child.stderr()).toBe('')
  return message
}

const face = (sockctl: string, options: string) => `
  const shape = (object) => Object.keys(object).sort().map((name) => [name, typeof object[name]])
  console.log(JSON.stringify({
    sockctl: shape(${sockctl}),
    codecs: shape(${sockctl}.codecs),
    options: shape(${options}),
    numbers: Object.values(${options}).map(({ name, supported }) => [name, supported]),
  }))`

describe('sockctl', () => {
  it('has one face, required or imported', async () => {
    const required = await told<Record<string, unknown[]>>(
      'commonjs',
      face("require('sockctl')", "require('sockctl/options')"),
    )
    const imported = await told(
      'module',
      `import * as sockctl from 'sockctl'\nimport * as options from 'sockctl/options'\n${face('sockctl', 'options')}`,
    )
    expect(imported).toEqual(required)
    expect(required.sockctl).toContainEqual(['control', 'function'])
    expect(required.options?.length).toBeGreaterThan(50)
  })

  it('is one module, whoever loads it', async () => {
    const code = `
      const required = require('sockctl')
      import('sockctl').then((imported) => {
        const socket = require('node:dgram').createSocket('udp4')
        console.log(JSON.stringify({
          same: required.control === imported.control && required.SocketOptionError === imported.SocketOptionError,
          control: required.control(socket) === imported.control(socket),
        }))
      })`
    expect(await told('commonjs', code)).toEqual({ same: true, control: true })
  })

  it('works with require()', async () => {
    const code = `
      const { control } = require('sockctl')
      const { IP_MULTICAST_TTL } = require('sockctl/options')
      const socket = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', async () => {
        await control(socket).set(IP_MULTICAST_TTL, 9)
        const ttl = await control(socket).get(IP_MULTICAST_TTL)
        socket.close()
        console.log(JSON.stringify({ ttl }))
      })`
    expect(await told('commonjs', code)).toEqual({ ttl: 9 })
  })

  it('loaded in both formats is two modules, which the kernel keeps right with one socket', async () => {
    // As under a test runner that resolves require() by other conditions than Node does.
    const code = `
      const { dirname, join } = require('node:path')
      const { once } = require('node:events')
      const cjs = require(join(dirname(require.resolve('sockctl/package.json')), 'dist/cjs/index.js'))
      const ttl = require(join(dirname(require.resolve('sockctl/package.json')), 'dist/cjs/options/index.js')).IP_MULTICAST_TTL
      const use = async () => {
        const esm = await import('sockctl')
        const socket = require('node:dgram').createSocket('udp4').bind(0)
        await once(socket, 'listening')
        const [one, other] = [cjs.control(socket), esm.control(socket)]
        const on = { group: '239.1.2.3', interface: 'lo' }
        await other.set(ttl, 9)
        const read = one.getSync(ttl)
        const membership = await one.join(on)
        const refused = await other.join(on).catch((error) => [error.reason, error instanceof esm.SocketOptionError])
        const listed = [one.memberships.length, other.memberships.length]
        await membership.leave()
        const joined = await other.join(on)
        socket.close()
        console.log(JSON.stringify({ same: one === other, ttl: read, refused, listed, active: joined.active }))
      }
      use()`
    const expected = { same: false, ttl: 9, refused: ['already-member', true], listed: [1, 0], active: false }
    expect(await told('commonjs', code)).toEqual(expected)
  })

  it('says where its package.json is, and nothing that is not public', async () => {
    const code = `
      const { version } = require('sockctl/package.json')
      let code
      try { require('sockctl/dist/native.js') } catch (error) { code = error.code }
      console.log(JSON.stringify({ version: typeof version, code }))`
    expect(await told('commonjs', code)).toEqual({ version: 'string', code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
  })
})

describe.each(['win32', 'freebsd'])('on %s, which it does not know', (platform) => {
  const pretend = `Object.defineProperty(process, 'platform', { value: '${platform}' })`

  it('can be imported, and says that no option is supported', async () => {
    const code = `
      ${pretend}
      const { codecs, defineOption, describeGroup } = await import('sockctl')
      const options = Object.values(await import('sockctl/options'))
      const mine = defineOption({ name: 'MINE', level: 1, option: 2, codec: codecs.int() })
      const named = defineOption({ name: 'NAMED', level: 'SOL_SOCKET', option: 2, codec: codecs.int() })
      console.log(JSON.stringify({
        supported: [...options, mine, named].filter(({ supported }) => supported).length,
        described: options.every(({ expects, level }) => expects !== '' && level !== ''),
        group: describeGroup('232.1.2.3').kind,
      }))`
    expect(await told('module', code)).toEqual({ supported: 0, described: true, group: 'source-specific' })
  })

  it('answers every call with unsupported', async () => {
    const code = `
      import dgram from 'node:dgram'
      import { once } from 'node:events'
      ${pretend}
      const { codecs, control, defineOption, interfaces, openReceiver, openSender, openSocket } = await import('sockctl')
      const { IP_ADD_MEMBERSHIP, IP_TTL, MCAST_MSFILTER } = await import('sockctl/options')
      const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
      await once(socket, 'listening')
      const c = control(socket)
      const on = { group: '239.1.1.1', interface: 'lo' }
      const calls = {
        get: () => c.get(IP_TTL),
        set: () => c.set(IP_TTL, 9),
        getSync: () => c.getSync(IP_TTL),
        setSync: () => c.setSync(IP_TTL, 9),
        ofMine: () => c.get(defineOption({ name: 'MINE', level: 1, option: 2, codec: codecs.int() })),
        waiting: () => c.set(IP_ADD_MEMBERSHIP, on),
        asking: () => c.get(MCAST_MSFILTER, on),
        join: () => c.join(on),
        joinByAddress: () => c.join({ ...on, interface: '127.0.0.1' }),
        joinAnywhere: () => c.join({ group: on.group }),
        joinAll: () => c.joinAll([on]),
        snapshot: () => c.snapshot(),
        getSourceFilter: () => c.getSourceFilter(on),
        setSourceFilter: () => c.setSourceFilter(on, { mode: 'exclude', sources: [] }),
        setMulticastInterface: () => c.setMulticastInterface('lo'),
        getMulticastInterface: () => c.getMulticastInterface(),
        setMulticastHops: () => c.setMulticastHops(9),
        getMulticastHops: () => c.getMulticastHops(),
        setMulticastLoopback: () => c.setMulticastLoopback(true),
        getMulticastLoopback: () => c.getMulticastLoopback(),
        interfaces: () => interfaces(),
        openReceiver: () => openReceiver({ channels: [on] }),
        openRawReceiver: () => openReceiver({ type: 'raw', protocol: 2 }),
        openSender: () => openSender({ to: { address: '127.0.0.1', port: 9 } }),
        openSocket: () => openSocket({ family: 'ipv4', type: 'dgram' }),
      }
      const wrong = {}
      for (const [name, call] of Object.entries(calls)) {
        const error = await (async () => call())().then((value) => ({ value }), (error) => error)
        if (error.reason !== 'unsupported' || error.code !== 'ERR_UNSUPPORTED') wrong[name] = error.message ?? error
      }
      socket.close()
      console.log(JSON.stringify({ wrong, memberships: c.memberships }))`
    expect(await told('module', code)).toEqual({ wrong: {}, memberships: [] })
  })
})
