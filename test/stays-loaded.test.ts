import { join } from 'node:path'
import { expect, it } from 'vitest'
import { targetHere } from '../lib/binding/target.mjs'
import { readBinary } from '../scripts/read-binary.mjs'
import { describeUnless } from './support/namespace.ts'
import { root } from './support/pages.ts'

// Zig's binary has the C++ library in it, which ends each thread with code of its own.
describeUnless(process.platform === 'linux' ? undefined : 'Linux alone unloads', 'the addon', () => {
  it('stays loaded when the worker that loaded it ends', () => {
    expect(readBinary(join(root, 'prebuilds', targetHere(), 'sockctl.node')).staysLoaded).toBe(true)
  })
})
