import { SocketOptionError } from 'sockctl'
import { announceSap, listenSap } from 'sockctl/sap'
import { listenNtp, queryNtp } from 'sockctl/sntp'
import { expect, it } from 'vitest'

const sdp = 'v=0\no=- 1 1 IN IP4 192.0.2.1\ns=x\nc=IN IP4 239.1.1.1/1\nt=0 0\nm=video 5000 RTP/AVP 33\n'
const announce = (options: unknown) => announceSap(options as never).next()

it.each<[what: string, names: RegExp, call: () => Promise<unknown>]>([
  ['listenSap({ interface })', /interface\b/, () => listenSap({ interface: 'lo' } as never)],
  ['listenSap({ maxSessions: -1 })', /maxSessions/, () => listenSap({ maxSessions: -1 })],
  ['listenSap(null)', /listenSap/, () => listenSap(null as never)],
  ['listenNtp({ groups: 5 })', /groups/, () => listenNtp({ groups: 5 } as never)],
  ['listenNtp({ port: 0 })', /port/, () => listenNtp({ port: 0 })],
  ['listenNtp({ signal: 5 })', /signal/, () => listenNtp({ signal: 5 } as never)],
  ["queryNtp('')", /the server is ''/, () => queryNtp('')],
  ['queryNtp(undefined)', /the server is undefined/, () => queryNtp(undefined as never)],
  ['queryNtp(..., { timeout: -1 })', /timeout/, () => queryNtp('127.0.0.1', { timeout: -1 })],
  ['announceSap()', /announceSap/, () => announce(undefined)],
  ['announceSap({})', /sdp/, () => announce({})],
  ['announceSap({ sdp: 5 })', /sdp/, () => announce({ sdp: 5 })],
  ['announceSap({ interval: 0 })', /interval/, () => announce({ sdp, interval: 0 })],
  ['announceSap({ interval: NaN })', /interval/, () => announce({ sdp, interval: Number.NaN })],
  ['announceSap({ groups: [] })', /groups/, () => announce({ sdp, groups: [] })],
  ['announceSap({ hops: 256 })', /hops/, () => announce({ sdp, hops: 256 })],
])('%s is refused by name', async (_, names, call) => {
  const error = await call().then(
    () => undefined,
    (reason) => reason,
  )
  expect(error).toSatisfy((given) => given instanceof SocketOptionError || given instanceof TypeError)
  expect(error.message).toMatch(names)
})
