import { constants } from 'node:os'
import { inspect } from 'node:util'
import { control, SocketOptionError } from 'sockctl'
import { SO_RCVBUF, SO_TYPE } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
import { kernelError, show } from '../lib/base/errors.ts'
import { openKind } from './support/sockets.ts'

const thrownBy = (act: () => unknown): SocketOptionError => {
  try {
    act()
  } catch (error) {
    if (error instanceof SocketOptionError) return error
  }
  throw new Error('no SocketOptionError was thrown')
}

describe('an error', () => {
  it('of the kernel says its errno, its call and the option', () => {
    const error = thrownBy(() => control(2 ** 30).getSync(SO_TYPE))
    expect(error).toMatchObject({ code: 'EBADF', errno: 9, syscall: 'getsockopt', option: 'SO_TYPE', reason: 'closed' })
  })

  it('of the library’s own has no errno and no call, not even empty ones', async () => {
    await using opened = await openKind('udp4')
    const error = thrownBy(() => control(opened.socket).setSync(SO_RCVBUF, -1))
    expect(Object.keys(error).sort()).toEqual(['code', 'name', 'option', 'reason'])
    expect(inspect(error)).not.toContain('undefined')
  })

  it.each([
    ['closed', ['EBADF']],
    ['limit', ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ENOSPC']],
    ['no-interface', ['ENODEV', 'ENXIO']],
    ['no-route', ['ENETUNREACH', 'EHOSTUNREACH']],
    ['permission', ['EACCES', 'EPERM']],
    ['unsupported', ['ENOPROTOOPT', 'ENOTSUP']],
    ['bad-value', ['E2BIG', 'EAFNOSUPPORT', 'EDOM', 'EFAULT', 'EINVAL', 'EMSGSIZE', 'ENOTSOCK', 'ERANGE']],
    ['system', ['EADDRINUSE', 'ECONNREFUSED', 'EIO']],
  ] as const)('has reason %s for %o, unless the call knows better', (reason, codes) => {
    for (const code of codes) {
      const errno = constants.errno[code]
      expect(kernelError({ asked: 'x', errno, syscall: 'y' })).toMatchObject({ code, errno, syscall: 'y', reason })
      expect(kernelError({ asked: 'x', errno, reason: 'not-member' }).reason).toBe('not-member')
    }
  })

  it.each([
    ['EBADF', 'the descriptor is not open'],
    ['EMFILE', 'ulimit -n'],
    ['ENFILE', 'fs.file-max'],
    ['ENODEV', 'no such interface'],
    ['ENXIO', 'no such interface'],
    ['EIO', 'ask: failed (EIO'],
  ] as const)('says of %s what is wrong and what to do: %s', (code, advice) => {
    expect(kernelError({ asked: 'ask', errno: constants.errno[code] }).message).toContain(advice)
  })

  it.each([
    ['x'.repeat(60), `'${'x'.repeat(60)}'`],
    ['x'.repeat(61), `'${'x'.repeat(60)}...'`],
    [5n, '5n'],
    [[1, 2], 'an array of 2'],
    [() => 1, 'a function'],
    [{ a: 1 }, 'an object'],
    [null, 'null'],
    [undefined, 'undefined'],
  ])('shows %o as %s', (value, shown) => {
    expect(show(value)).toBe(shown)
  })
})
