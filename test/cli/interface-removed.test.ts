import { expect, it } from 'vitest'
import { startCli } from '../support/cli.ts'
import { ip } from '../support/commands.ts'
import { describeInNamespace } from '../support/namespace.ts'

const plug = async () => {
  await ip('link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1')
  await ip('address', 'add', '10.99.0.1/24', 'dev', 'gone0')
  for (const name of ['gone0', 'gone1']) await ip('link', 'set', name, 'up')
}

describeInNamespace('an interface that goes away', () => {
  it.each([
    ['echo', /^echoing/, ['239.1.1.1:5001'], /^$/],
    ['sap', /^listening on/, [], /^sockctl sap: no session was announced\n$/],
    ['sntp', /^listening on/, ['--port', '1123'], /^sockctl sntp: no server was heard\n$/],
    ['receive', /^joined/, ['239.1.1.1:5002'], /^sockctl receive: nothing arrived in .*\n$/],
  ])('is waited for by %s, which says so', async (command, begun, args, atTheEnd) => {
    await plug()
    const running = startCli([command, ...args, '-i', 'gone0'])
    await running.line(begun)
    await ip('link', 'delete', 'gone0')
    await running.line(/^lost .* on gone0: the interface is not there$/)
    await plug()
    await running.line(/^renewed .* on gone0 after .* s: the interface is not there$/)
    running.kill('SIGINT')
    expect((await running.ended).stderr).toMatch(atTheEnd)
    await ip('link', 'delete', 'gone0')
  })

  it('ends igmp, which says so', async () => {
    await plug()
    const running = startCli(['igmp', '--json', '-i', 'gone0'])
    await running.line(/listening/)
    await ip('link', 'delete', 'gone0')
    const { status, stderr } = await running.ended
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/gone0 is gone/) })
  })

  it('is waited for by receive --wait-interface, also at first', async () => {
    const running = startCli(['receive', '239.1.1.1:5002', '-i', 'gone0', '--wait-interface', '--json'])
    expect(await running.object(({ event }) => event === 'waiting')).toMatchObject({ interface: 'gone0' })
    await plug()
    expect(await running.object(({ event }) => event === 'joined')).toMatchObject({ interface: 'gone0' })
    await ip('link', 'delete', 'gone0')
    expect(await running.object(({ event }) => event === 'lost')).toMatchObject({ reason: 'interface-removed' })
    const { sources } = await running.object<{ event: string; sources: object[] }>(({ event }) => event === 'interval')
    expect(sources).toMatchObject([{ interface: 'gone0', state: 'waiting' }])
    running.kill('SIGINT')
    expect(await running.ended).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing arrived in') })
  })
})
