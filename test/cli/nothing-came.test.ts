// What the exit status says if nothing came until Ctrl-C, of every command that listens.
import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { type Running, startCli } from '../support/cli.ts'
import { describeOnHosts } from '../support/hosts.ts'

const SIGHUP_BIT = 1n

/** Whether a process takes signals itself. Node takes SIGINT and SIGTERM from its start; sockctl SIGHUP too, the last of three. */
const takesSignals = ({ pid }: Running): boolean => {
  const [, mask = '0'] = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n
}

const NOBODY = '10.77.0.250'

describeOnHosts('Ctrl-C before anything came', () => {
  const interrupted = async (command: string, signal: NodeJS.Signals = 'SIGINT', begun?: string) => {
    const running = startCli(command.split(' '))
    if (begun !== undefined) await running.line(new RegExp(`"event":"${begun}"`))
    await vi.waitFor(() => expect(takesSignals(running)).toBe(true), { timeout: 10_000 })
    running.kill(signal)
    return await running.ended
  }

  it.each([
    [
      'receive 239.1.1.1:5000 -i a0',
      'joined',
      /^sockctl receive: nothing arrived in \d\.\d s; sockctl doctor .* looks for the cause\n$/,
    ],
    ['receive 239.1.1.1:5000 -i a0 --expect 5', 'joined', /^sockctl receive: 0 of 5 datagrams arrived in/],
    ['receive 10.77.0.1:5000', 'listening', /^sockctl receive: nothing arrived in \d\.\d s\n$/],
    ['receive raw:200', 'listening', /^sockctl receive: nothing arrived in/],
    ['sap -i a0', 'listening', /^sockctl sap: no session was announced\n$/],
    ['sntp -i a0', 'listening', /^sockctl sntp: no server was heard\n$/],
    ['igmp -i lo', 'listening', /^sockctl igmp: no message of IGMP or MLD was heard or sent\n$/],
    [`sntp --query ${NOBODY}`, undefined, /^sockctl sntp: stopped before an answer came\n$/],
    [
      `ping ${NOBODY} -c 100`,
      undefined,
      /^(sockctl ping: EHOSTUNREACH: .*\n)*sockctl ping: 10\.77\.0\.250 did not answer\n$/,
    ],
    ['ping 239.1.2.3 -i a0 -c 100', undefined, /^sockctl ping: nobody in 239\.1\.2\.3 answered/],
    [`ping --ssm ${NOBODY} -i a0`, undefined, /^sockctl ping: the server did not answer/],
    [
      'echo --client 239.1.2.3 -i a0 --wait 60s',
      undefined,
      /^sockctl echo: (nobody in 239\.1\.2\.3:9877 answered|stopped by a signal before it began)\n$/,
    ],
    [
      `echo --client ${NOBODY} --wait 60s`,
      undefined,
      /^sockctl echo: (.*10\.77\.0\.250:9877 did not answer in \d\.\d s|stopped by a signal before it began)\n$/,
    ],
    ['doctor 239.1.1.1:5000 -i a0 --wait 60s', undefined, /^sockctl doctor: stopped by a signal before/],
  ])('%s: exit status 1, and why', async (command, begun, why) => {
    const { status, stderr } = await interrupted(`${command} --json`, 'SIGINT', begun)
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(why) })
  })

  it('receive into a pipe of payloads is the same', async () => {
    const { status, stderr } = await interrupted('receive 239.1.1.1:5000 -i a0 -o -')
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^sockctl receive: /) })
  })

  it('SIGTERM is the same', async () => {
    expect((await interrupted('receive 239.1.1.1:5000 -i a0', 'SIGTERM')).status).toBe(1)
  })

  it.each([
    ['echo 239.1.2.3 -i a0', 'joined'],
    ['ping --server', 'listening'],
    ['chat 239.1.2.3:5000 -i a0', 'joined'],
    ['querier -i a0', 'plan'],
    ['groups --watch -i a0', 'watching'],
    ['groups --wait 60s -i a0', undefined],
    ['interfaces --watch -i a0', 'watching'],
    ['send 239.1.1.1:5000 -i a0 --rate 1 --size 10', 'interval'],
  ])('%s has done what was asked: exit status 0', async (command, begun) => {
    const { status, stderr } = await interrupted(`${command} --json`, 'SIGINT', begun)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('a reader that closes the pipe had all it wanted', async () => {
    const receive = startCli(['receive', '239.1.1.1:5000', '-i', 'a0'])
    await receive.line(/^joined/)
    receive.closeStdout()
    expect((await receive.ended).status).toBe(0)
  })
})
