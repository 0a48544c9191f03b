import { inspect } from 'node:util'
import { control, SocketOptionError } from 'sockctl'
import { SO_RCVBUF, SO_TYPE } from 'sockctl/options'
import { describe, expect, it } from 'vitest'
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
})
