import { expect, it } from 'vitest'
import { startCli } from '../support/cli.ts'
import { ip } from '../support/commands.ts'
import { describeInNamespace } from '../support/namespace.ts'

describeInNamespace('an interface that goes away', () => {
  it.each([
    ['echo', /^echoing/, ['239.1.1.1:5001']],
    ['sap', /^listening on/, []],
    ['sntp', /^listening on/, ['--port', '1123']],
    ['igmp', /listening/, ['--json']],
    ['receive', /^joined/, ['239.1.1.1:5002']],
  ])('ends %s, which says so', async (command, begun, args) => {
    await ip('link', 'add', 'gone0', 'type', 'veth', 'peer', 'name', 'gone1')
    await ip('address', 'add', '10.99.0.1/24', 'dev', 'gone0')
    for (const name of ['gone0', 'gone1']) await ip('link', 'set', name, 'up')
    const running = startCli([command, ...args, '-i', 'gone0'])
    await running.line(begun)
    await ip('link', 'delete', 'gone0')
    const { status, stderr } = await running.ended
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/gone0 is gone/) })
  })
})
