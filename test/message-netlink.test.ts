// Messages of netlink sockets: requests, answers read whole, notices of groups, and what is lost. And what this kernel
// opens of vsock.
import { type MessageSocket, type MessageSocketOptions, openSocket } from 'sockctl'
import { NETLINK_CAP_ACK, NETLINK_NO_ENOBUFS, SO_RCVBUF } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { type NetlinkMessage, NLMSG_DONE, NLMSG_ERROR, netlinkMessages } from '../lib/kernel/netlink.ts'
import { decodeLink, type LinkMessage, linkRequest, RTM_DELLINK, RTM_NEWLINK } from '../lib/kernel/rtnl-link.ts'
import { isMalformed } from '../lib/protocols/malformed.ts'
import { ip, run } from './support/commands.ts'
import { openSockets } from './support/descriptors.ts'
import { describeInNamespace } from './support/namespace.ts'

type NetlinkSocket = MessageSocket<'netlink'>
type Bind = { pid?: number; groups?: number }

/** RTMGRP_LINK: the group of changes of links. */
const LINK_GROUP = 1

async function netlinkSocket(bind: Bind = {}, options: MessageSocketOptions = {}): Promise<NetlinkSocket> {
  const owned = await openSocket({ family: 'netlink', type: 'raw', protocol: 'NETLINK_ROUTE', bind })
  const socket = owned.toMessageSocket(options)
  onTestFinished(() => socket.close())
  return socket
}

const timeout = () => ({ signal: AbortSignal.timeout(5000) })

/** Messages until one is the last. */
async function messagesUntil(
  socket: NetlinkSocket,
  isLast: (one: NetlinkMessage) => boolean,
): Promise<NetlinkMessage[]> {
  const all: NetlinkMessage[] = []
  while (!all.some(isLast))
    for (const { data, truncated } of await socket.receive(timeout())) {
      const { messages, isCutShort } = netlinkMessages(data)
      expect({ truncated, isCutShort }).toEqual({ truncated: false, isCutShort: false })
      all.push(...messages)
    }
  return all
}

const linksOf = (messages: readonly NetlinkMessage[], type: number): LinkMessage[] =>
  messages
    .filter((one) => one.type === type)
    .map((one) => {
      const link = decodeLink(one)
      if (isMalformed(link)) throw new Error('a link that is malformed')
      return link
    })

const isDone = ({ type }: NetlinkMessage): boolean => type === NLMSG_DONE

/** A pair of virtual links, removed with the test. */
async function veth(name: string): Promise<void> {
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-peer`)
  onTestFinished(() =>
    ip('link', 'del', name).then(
      () => {},
      () => {},
    ),
  )
}

describeInNamespace('a netlink socket', () => {
  it('asks the kernel, which is the default, and reads its answer whole', async () => {
    const socket = await netlinkSocket()
    expect(socket.address.pid).toBeGreaterThan(0)
    expect(socket.remoteAddress).toEqual({ pid: 0, groups: 0 })
    for (const to of [undefined, {}, { pid: 0 }, { pid: 0, groups: 0 }]) {
      expect(await socket.send(linkRequest(7), to)).toBe(1)
      const messages = await messagesUntil(socket, isDone)
      expect(new Set(messages.map(({ seq }) => seq))).toEqual(new Set([7]))
      expect(new Set(messages.map(({ pid }) => pid))).toEqual(new Set([socket.address.pid]))
      expect(linksOf(messages, RTM_NEWLINK).map(({ name }) => name)).toContain('lo')
    }
  })

  it('reads a list of links that takes many messages', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `dump${n}`)
    await run(
      'ip',
      ['-batch', '-'],
      names.map((name) => `link add ${name} type veth peer name ${name}-peer`).join('\n'),
    )
    onTestFinished(
      async () => void (await run('ip', ['-batch', '-'], names.map((name) => `link del ${name}`).join('\n'))),
    )
    const socket = await netlinkSocket()
    await socket.send(linkRequest(1))
    const links = linksOf(await messagesUntil(socket, isDone), RTM_NEWLINK)
    expect(links.filter(({ name }) => name.startsWith('dump'))).toHaveLength(80)
    expect(socket.stats().received.datagrams).toBeGreaterThan(3)
  })

  it('tells the source: the kernel, or another socket, and the groups that were sent to', async () => {
    const one = await netlinkSocket()
    await one.send(linkRequest(1, 1))
    const [answer] = await one.receive(timeout())
    expect(answer).toMatchObject({ source: { pid: 0, groups: 0 }, truncated: false, ancillaryTruncated: false })
    // NETLINK_USERSOCK, for messages between processes.
    const USERSOCK = 2
    const open = async (bind: Bind): Promise<NetlinkSocket> => {
      const owned = await openSocket({ family: 'netlink', type: 'dgram', protocol: USERSOCK, bind })
      const socket = owned.toMessageSocket({ ancillary: { credentials: true } })
      onTestFinished(() => socket.close())
      return socket
    }
    const [asked, asking] = [await open({ pid: 0x80000001, groups: 2 }), await open({})]
    const bystander = await open({ groups: 2 })
    const to = { pid: asked.address.pid }
    await asking.send(Buffer.from('between processes'), to)
    const [question] = await asked.receive(timeout())
    expect(question).toMatchObject({
      data: Buffer.from('between processes'),
      source: { pid: asking.address.pid, groups: 0 },
      credentials: { pid: process.pid, uid: process.getuid?.() },
    })
    await asked.reply(question as never, Buffer.from('answer'))
    expect((await asking.receive(timeout()))[0]).toMatchObject({
      source: { pid: 0x80000001 },
      data: Buffer.from('answer'),
    })
    await asking.send(Buffer.from('to a group'), { ...to, groups: 2 })
    const [toGroup] = await asked.receive(timeout())
    expect(toGroup).toMatchObject({
      source: { pid: asking.address.pid, groups: 2 },
      data: Buffer.from('to a group'),
    })
    // The answer goes to the sender, and not to the group.
    await asked.reply(toGroup as never, Buffer.from('answer'))
    expect((await asking.receive(timeout()))[0]).toMatchObject({ data: Buffer.from('answer') })
    await asking.send(Buffer.from('again'), { ...to, groups: 2 })
    const heard = (await bystander.receive(timeout())).map(({ data }) => String(data))
    expect(heard).toEqual(['to a group', 'again'])
    expect((await asked.receive(timeout()))[0]?.data).toEqual(Buffer.from('again'))
    await expect(asked.reply({} as never, Buffer.from('x'))).rejects.toThrow(/no source|pid/)
    // The kernel sends to the port id too, and 0 is the kernel, which does not listen here. The group has the message.
    await expect(asking.send(Buffer.from('group alone'), { groups: 2 })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect((await bystander.receive(timeout()))[0]?.data).toEqual(Buffer.from('group alone'))
    expect((await asked.receive(timeout()))[0]?.data).toEqual(Buffer.from('group alone'))
    await asking.connect(to)
    await asking.send(Buffer.from('connected'))
    expect(asking.remoteAddress).toMatchObject({ pid: 0x80000001 })
    expect((await asked.receive(timeout()))[0]?.data).toEqual(Buffer.from('connected'))
  })

  it('hears the notices of its groups', async () => {
    const socket = await netlinkSocket({ groups: LINK_GROUP })
    const silent = await netlinkSocket()
    await veth('heard')
    const isOf = (name: string, type: number) => (one: NetlinkMessage) =>
      one.type === type && linksOf([one], type)[0]?.name === name
    await messagesUntil(socket, isOf('heard', RTM_NEWLINK))
    await ip('link', 'del', 'heard')
    await messagesUntil(socket, isOf('heard', RTM_DELLINK))
    await silent.send(linkRequest(3, 1))
    const answers = await messagesUntil(silent, ({ seq }) => seq === 3)
    expect(answers.map(({ seq }) => seq)).toEqual([3])
  })

  it('tells by ENOBUFS that notices are lost, and reads on', async () => {
    const socket = await netlinkSocket({ groups: LINK_GROUP })
    await socket.control.set(SO_RCVBUF, 4096)
    await veth('lost')
    for (let n = 0; n < 12; n++) await ip('link', 'set', 'lost', n % 2 === 0 ? 'up' : 'down')
    /** How often a read fails with ENOBUFS until nothing is left. */
    const losses = async (): Promise<number> => {
      for (let count = 0; ; count++) {
        const error = await readAll()
        if (error.code !== 'ENOBUFS') return count
      }
    }
    const readAll = async (): Promise<{ code?: unknown }> => {
      try {
        for (;;) await socket.receive({ signal: AbortSignal.timeout(200) })
      } catch (error) {
        return error as { code?: unknown }
      }
    }
    expect(await losses()).toBeGreaterThan(0)
    await ip('link', 'set', 'lost', 'mtu', '1400')
    const [notice] = linksOf(await messagesUntil(socket, ({ type }) => type === RTM_NEWLINK), RTM_NEWLINK)
    expect(notice?.mtu).toBe(1400)
    expect(socket.stats().received.dropped).toBeGreaterThan(0)

    // Asked to, the kernel says nothing.
    await socket.control.set(NETLINK_NO_ENOBUFS, true)
    for (let n = 0; n < 12; n++) await ip('link', 'set', 'lost', n % 2 === 0 ? 'up' : 'down')
    expect(await losses()).toBe(0)
  })

  it('tells which message was cut short, and that the kernel refuses half of one', async () => {
    const socket = await netlinkSocket({}, { maxDatagram: 100 })
    await socket.send(linkRequest(1, 1))
    const [cut] = await socket.receive(timeout())
    expect(cut).toMatchObject({ truncated: true })
    expect(cut?.data).toHaveLength(100)
    expect(netlinkMessages(cut?.data as Buffer)).toEqual({ messages: [], isCutShort: true })

    await socket.control.set(NETLINK_CAP_ACK, true)
    const request = linkRequest(9, 1)
    // What is no whole header is dropped, and a message without its struct refused.
    await socket.send([request.subarray(0, 10), request.subarray(0, 20).map((byte, at) => (at === 0 ? 20 : byte))])
    const [refused] = await messagesUntil(socket, ({ type }) => type === NLMSG_ERROR)
    expect(refused).toMatchObject({ type: NLMSG_ERROR, seq: 9 })
  })

  it('answers while it is aborted and closed as others are', async () => {
    const before = openSockets()
    const socket = await netlinkSocket({ groups: LINK_GROUP })
    const reason = new Error('enough')
    const controller = new AbortController()
    const waiting = socket.receive({ signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    const reading = expect(socket.receive()).rejects.toMatchObject({ reason: 'closed' })
    await socket.close()
    await reading
    expect(openSockets()).toEqual(before)
  })

  it.each<[unknown, RegExp]>([
    [1, /to is 1|to takes|address/],
    [{ pid: -1 }, /to: pid is -1/],
    [{ pid: 2 ** 32 }, /to: pid is 4294967296/],
    [{ groups: 1.5 }, /to: groups is 1.5/],
    [{ path: '/x' }, /to: path is no part of an address of netlink, which is \{ pid, groups \}/],
    [{ address: '127.0.0.1', port: 9 }, /to: address is no part of an address of netlink/],
  ])('refuses %j as destination', async (to, words) => {
    const socket = await netlinkSocket()
    await expect(socket.send(linkRequest(1), to as never)).rejects.toThrow(words)
    expect(socket.stats().sent.datagrams).toBe(0)
  })

  it('says that nobody has a port id', async () => {
    const socket = await netlinkSocket()
    await expect(socket.send(linkRequest(1), { pid: 0x90000000 })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringContaining('no socket has this port id'),
    })
  })

  it.each<[object, RegExp]>([
    [{ gro: true }, /only UDP sockets have it/],
    [{ returnedErrors: true }, /only sockets of ipv4 and ipv6 have them/],
    [{ ancillary: { pidfd: true } }, /pidfd is told by sockets of unix: leave it out/],
    [{ ancillary: { timestamp: true } }, /timestamp is told by sockets of all but netlink: leave it out/],
    [{ ancillary: { vlan: true } }, /vlan is told by sockets of packet/],
  ])('refuses %j of toMessageSocket', async (options, words) => {
    await using owned = await openSocket({ family: 'netlink', type: 'raw', protocol: 'NETLINK_ROUTE' })
    expect(() => owned.toMessageSocket(options)).toThrow(words)
  })

  it('refuses what other families send', async () => {
    const socket = await netlinkSocket()
    for (const choice of [{ descriptors: [0] }, { hopLimit: 1 }, { priority: 1 }])
      await expect(socket.send(linkRequest(1), {}, choice)).rejects.toThrow(
        /and this socket is of netlink: messages of/,
      )
  })
})

describeInNamespace('vsock', () => {
  it('opens streams and connections of messages, and says that no transport is loaded', async () => {
    for (const type of ['stream', 'seqpacket'] as const) {
      await using owned = await openSocket({ family: 'vsock', type })
      expect(owned).toMatchObject({ family: 'vsock', type, connected: false })
    }
    await expect(openSocket({ family: 'vsock', type: 'dgram' })).rejects.toMatchObject({ code: 'ENODEV' })
    await expect(openSocket({ family: 'vsock', type: 'stream', bind: { cid: 1, port: 5000 } })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: expect.stringContaining('this machine has no such context id'),
    })
    await expect(openSocket({ family: 'vsock', type: 'seqpacket', connect: { cid: 1, port: 5000 } })).rejects.toThrow(
      /no transport for vsock is loaded|nobody listens there|the transport to this context has no sockets of this type/,
    )
  })

  it('has messages if the socket is of them', async () => {
    await using stream = await openSocket({ family: 'vsock', type: 'stream' })
    expect(() => stream.toMessageSocket()).toThrow(/that takes dgram or seqpacket of vsock/)
    const owned = await openSocket({ family: 'vsock', type: 'seqpacket' })
    const socket = owned.toMessageSocket()
    onTestFinished(() => socket.close())
    await expect(socket.send(Buffer.from('x'))).rejects.toMatchObject({ code: 'ENOTCONN' })
    await expect(socket.send(Buffer.from('x'), { cid: -1, port: 1 })).rejects.toThrow(/to: cid is -1/)
    await expect(socket.send(Buffer.from('x'), { path: 'x' } as never)).rejects.toThrow(
      /path is no part of an address of vsock, which is \{ cid, port \}/,
    )
  })
})
