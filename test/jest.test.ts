// A test of a user's in CommonJS runs under Jest, which resolves require() by its own rules and loads dist/cjs.
import { spawnSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findTools } from '../scripts/tools.mjs'
import { describeUnless } from './support/namespace.ts'
import { installPacked } from './support/packed.ts'

const tools = findTools('jest')
const packed = installPacked()

const TEST = `
  const dgram = require('node:dgram')
  const { once } = require('node:events')
  const { control } = require('sockctl')
  const { IP_MULTICAST_TTL } = require('sockctl/options')

  test('an option is set, and a group is joined on lo', async () => {
    const socket = dgram.createSocket('udp4').bind(0)
    await once(socket, 'listening')
    await control(socket).set(IP_MULTICAST_TTL, 9)
    const membership = await control(socket).join({ group: '239.1.2.3', interface: 'lo' })
    expect(control(socket).getSync(IP_MULTICAST_TTL)).toBe(9)
    expect(control(socket).memberships).toEqual([membership])
    const loaded = Object.keys(require.cache).filter((file) => file.includes('sockctl/dist/'))
    expect(loaded.filter((file) => !file.includes('/dist/cjs/'))).toEqual([])
    expect(loaded).not.toEqual([])
    socket.close()
  })`

describeUnless(tools.missing, "under Jest's defaults", () => {
  it('options and memberships work', { timeout: 120_000 }, () => {
    const { folder } = packed()
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    writeFileSync(join(folder, 'user.test.js'), TEST)
    symlinkSync(join(tools.home, 'node_modules/jest'), join(folder, 'node_modules/jest'))
    const command = [
      'node_modules/jest/bin/jest.js',
      '--ci',
      '--no-watchman',
      '--runInBand',
      '--cacheDirectory=cache',
      'user.test.js',
    ]
    const { status, stderr } = spawnSync(process.execPath, command, { cwd: folder, encoding: 'utf8' })
    expect(stderr).toContain('1 passed')
    expect(status).toBe(0)
  })
})
