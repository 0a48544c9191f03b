import { once } from 'node:events'
import { type MessageSocket, openSocket, type ReturnedError, type Settings, type SocketSpec } from 'sockctl'
import {
  IP_MTU_DISCOVER,
  IP_RECVERR,
  IP_RECVERR_RFC4884,
  IPV6_MTU_DISCOVER,
  IPV6_RECVERR,
  IPV6_RECVERR_RFC4884,
  SO_REUSEADDR,
} from 'sockctl/options'
import { describe, expect, it, onTestFinished } from 'vitest'
import { internetChecksum } from '../lib/protocols/bytes.ts'
import { describeOnHosts } from './support/hosts.ts'
import { startIcmpRouter } from './support/icmp-errors.ts'
import { lanes } from './support/lanes.ts'
import { opened, readingOf, sending } from './support/receiving.ts'

/** The answer of a closed port: "destination unreachable, port unreachable" of ICMP and of ICMPv6. */
const CLOSED = {
  4: { origin: 'icmp', icmpType: 3, icmpCode: 3 },
  6: { origin: 'icmp6', icmpType: 1, icmpCode: 4 },
} as const

const collect = (errors: ReturnedError[]) => (error: ReturnedError) => void errors.push(error)

describeOnHosts('an error that comes back', (hosts) => {
  describe.each(lanes)('over $name', (lane) => {
    const { family, key, sources, local } = lane
    const closed = (port: number, at = 0) => ({ address: sources[at] as string, port })

    it('is told on an unconnected socket, with the destination, who sent it and what was sent', async () => {
      const sender = await sending({ family: key, returnedErrors: true })
      for (const [at, port] of [1001, 1002].entries()) {
        const told = once(sender, 'returned-error')
        await sender.send(Buffer.from(`to ${port}`), closed(port, at))
        const destination = closed(port, at)
        const payload = Buffer.from(`to ${port}`)
        expect((await told)[0]).toEqual({
          ...CLOSED[family],
          code: 'ECONNREFUSED',
          destination,
          offender: sources[at],
          payload,
        })
      }
    })

    it('does not make a later send fail, to whomever', async () => {
      // A host limits the ICMP errors it sends to one destination, and (to 50 at once) those it sends at all.
      const times = 8
      await hosts().sysctl('B', `net/ipv${family}/${family === 4 ? 'icmp_ratelimit' : 'icmp/ratelimit'}`, 0)
      const receiver = await opened({ address: local[0] })
      const sender = await sending({ family: key, returnedErrors: true })
      const errors: ReturnedError[] = []
      sender.on('returned-error', collect(errors))
      for (let n = 0; n < times; n++) {
        expect(await sender.send(Buffer.from([n]), closed(1000 + n))).toBe(1)
        expect(await sender.send(Buffer.from([n]), { address: local[0], port: receiver.address.port })).toBe(1)
      }
      const datagrams = await readingOf(receiver).take(times)
      expect(datagrams.map(({ data }) => data[0])).toEqual(Array.from({ length: times }, (_, n) => n))
      while (errors.length < times) await once(sender, 'returned-error')
      expect(errors.map(({ destination }) => destination?.port)).toEqual(
        Array.from({ length: times }, (_, n) => 1000 + n),
      )
    })

    it('is told if it was asked for by the option itself', async () => {
      const sender = await sending({ family: key, options: [[family === 4 ? IP_RECVERR : IPV6_RECVERR, true]] })
      const told = once(sender, 'returned-error')
      await sender.send(Buffer.from('x'), closed(1004))
      expect((await told)[0]).toMatchObject(CLOSED[family])
      expect(await sender.send(Buffer.from('x'), closed(1004))).toBe(1)
    })

    it('is told on a connected socket, which sends on', async () => {
      const sender = await sending({ to: closed(1003), connect: true, returnedErrors: true })
      for (let n = 0; n < 3; n++) {
        const told = once(sender, 'returned-error')
        expect(await sender.send(Buffer.from('x'))).toBe(1)
        expect((await told)[0]).toMatchObject({ ...CLOSED[family], destination: closed(1003) })
      }
    })

    it('makes the next send fail on a connected socket that does not ask for it', async () => {
      const sender = await sending({ to: closed(1004), connect: true })
      await sender.send(Buffer.from('x'))
      const witness = await sending({ family: key, returnedErrors: true })
      const answered = once(witness, 'returned-error')
      await witness.send(Buffer.from('x'), closed(1004))
      await answered
      await expect(sender.send(Buffer.from('x'))).rejects.toMatchObject({
        code: 'ECONNREFUSED',
        reason: 'system',
        syscall: 'sendmmsg',
        message: expect.stringContaining('datagram 0'),
      })
      expect(await sender.send(Buffer.from('x'))).toBe(1)
    })

    it('goes to the receiver if the receiver has the port', async () => {
      const receiver = await opened({ address: local[0], reuse: true, returnedErrors: true })
      const { port } = receiver.address
      const reading = readingOf(receiver).until('marker')
      const sender = await sending({ bind: { port }, family: key, options: [[SO_REUSEADDR, true]] })
      const told = once(receiver, 'returned-error')
      await sender.send(Buffer.from('x'), closed(1005), { source: local[0] })
      expect((await told)[0]).toMatchObject({ ...CLOSED[family], destination: closed(1005) })
      const marks = await sending({ family: key })
      await marks.send(Buffer.from('marker'), { address: local[0], port })
      expect(await reading).toEqual([])
    })

    it('names the next MTU if a datagram is too long and may not be fragmented', async () => {
      const option = family === 4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER
      const sender = await sending({ to: closed(1006), returnedErrors: true, options: [[option, 'do']] })
      const errors: ReturnedError[] = []
      sender.on('returned-error', collect(errors))
      await expect(sender.send([Buffer.alloc(100), Buffer.alloc(2000)])).rejects.toMatchObject({
        code: 'EMSGSIZE',
        message: expect.stringMatching(/datagram 1 has 2000 bytes.*MTU.*took the 1 before/),
      })
      while (!errors.some(({ origin }) => origin === 'local')) await once(sender, 'returned-error')
      expect(errors.find(({ origin }) => origin === 'local')).toMatchObject({ code: 'EMSGSIZE', mtu: 1500 })

      const connected = await sending({ to: closed(1006), connect: true, options: [[option, 'do']] })
      await expect(connected.send(Buffer.alloc(2000))).rejects.toThrow(/MTU of 1500 bytes/)
    })

    it('names the MTU of the path to the peer of a MessageSocket, and of no path if there is no peer', async () => {
      const option = family === 4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER
      const spec = { family: key, type: 'dgram', options: [[option, 'do']] } as SocketSpec
      const socket = (await openSocket(spec)).toMessageSocket() as MessageSocket
      onTestFinished(() => socket.close())
      const tooLong = Buffer.alloc(2000)
      await expect(socket.send(tooLong, closed(1006))).rejects.toThrow(/more than the path's MTU, /)
      await socket.connect(closed(1006))
      await expect(socket.send(tooLong)).rejects.toThrow(/more than the path's MTU of 1500 bytes, headers included/)
    })

    describe('with an extension of RFC 4884', () => {
      const HEADERS = { 4: 28, 6: 48 }
      const TIME_EXCEEDED = { 4: { origin: 'icmp', icmpType: 11 }, 6: { origin: 'icmp6', icmpType: 3 } }
      const RECVERR_RFC4884 = { 4: IP_RECVERR_RFC4884, 6: IPV6_RECVERR_RFC4884 }

      /** Version 2 and an MPLS label stack of one entry: RFC 4950. */
      const extension = Buffer.from('20000000 00080101 00064140'.replaceAll(' ', ''), 'hex')
      extension.writeUInt16BE(internetChecksum(extension), 2)
      const damaged = Buffer.from(extension).fill(0xff, 2, 4)

      const errorFor = async (settings: Settings, carried?: Uint8Array): Promise<ReturnedError> => {
        const sender = await sending({ bind: { address: local[0] }, returnedErrors: true, options: settings })
        const quoted = { source: sender.address, destination: closed(1007), payload: Buffer.from('too far') }
        const told = once(sender, 'returned-error')
        await startIcmpRouter(hosts(), 'B').timeExceeded({
          family,
          from: sources[1],
          quoted,
          ...(carried && { extension: carried }),
        })
        const [error] = await told
        expect(error).toMatchObject({ ...TIME_EXCEEDED[family], offender: sources[1], destination: closed(1007) })
        return error
      }

      it('tells where that starts in the payload', async () => {
        const { extension: told, payload } = await errorFor([[RECVERR_RFC4884[family], true]], extension)
        expect(told).toEqual({ offset: 128 - HEADERS[family], valid: true })
        expect(payload.subarray(told?.offset)).toEqual(extension)
        expect(payload.subarray(0, 7).toString()).toBe('too far')
      })

      it('tells that its checksum is wrong', async () => {
        const { extension: told } = await errorFor([[RECVERR_RFC4884[family], true]], damaged)
        expect(told).toEqual({ offset: 128 - HEADERS[family], valid: false })
      })

      it('tells of none if the option is not set or the message has none', async () => {
        expect(await errorFor([], extension)).not.toHaveProperty('extension')
        expect(await errorFor([[RECVERR_RFC4884[family], true]])).not.toHaveProperty('extension')
      })
    })
  })
})
