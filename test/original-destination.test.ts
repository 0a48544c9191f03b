import { once } from 'node:events'
import net from 'node:net'
import { control } from 'sockctl'
import { IP6T_SO_ORIGINAL_DST, SO_ORIGINAL_DST } from 'sockctl/options'
import { expect, it, onTestFinished } from 'vitest'
import { nftMissing, run } from './support/commands.ts'
import { describeInNamespace, describeUnless, namespaceMissing } from './support/namespace.ts'

/** A connection, from the server's side. */
async function accept(host: string, listened: number, asked: number): Promise<net.Socket> {
  const server = net.createServer().listen(listened, host)
  await once(server, 'listening')
  const client = net.connect(asked, host)
  const [accepted] = (await once(server, 'connection')) as [net.Socket]
  onTestFinished(() => {
    client.destroy()
    accepted.destroy()
    server.close()
  })
  return accepted
}

describeInNamespace('a connection that no firewall redirected', () => {
  it.each([
    ['127.0.0.1', SO_ORIGINAL_DST],
    ['::1', IP6T_SO_ORIGINAL_DST],
  ] as const)('has no original destination, and says so (%s)', async (address, option) => {
    const direct = control(await accept(address, 8083, 8083))
    const refused = {
      option: option.name,
      reason: 'unsupported',
      message: expect.stringContaining('not a connection that a firewall of this host redirected'),
    }
    await expect(direct.get(option)).rejects.toMatchObject(refused)
    expect(() => direct.getSync(option)).toThrow(expect.objectContaining(refused))
  })
})

describeUnless(namespaceMissing ?? nftMissing, 'the original destination of a connection', () => {
  it.each([
    ['ip', '127.0.0.1', 'ipv4', SO_ORIGINAL_DST],
    ['ip6', '::1', 'ipv6', IP6T_SO_ORIGINAL_DST],
  ] as const)('is told where a firewall redirected it (%s)', async (table, address, family, option) => {
    const rules = [
      `add table ${table} redirecting`,
      `add chain ${table} redirecting out { type nat hook output priority -100; }`,
      `add rule ${table} redirecting out tcp dport 8081 redirect to :8080`,
    ]
    await run('nft', ['-f', '-'], rules.join('\n'))
    onTestFinished(async () => {
      await run('nft', ['delete', 'table', table, 'redirecting'])
    })

    const redirected = control(await accept(address, 8080, 8081))
    expect(redirected.getSync(option)).toEqual({ family, address, port: 8081 })
    expect(await redirected.snapshot()).toHaveProperty(option.name)

    const direct = control(await accept(address, 8082, 8082))
    await expect(direct.get(option)).resolves.toEqual({ family, address, port: 8082 })
  })
})
