import { interfaces } from 'sockctl'
import { expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { describeOnHosts } from '../support/hosts.ts'

describeOnHosts('sockctl interfaces', (hosts) => {
  it('gives what the library does, an object a line', async () => {
    const { status, objects } = await runCli(['interfaces', '--json'])
    expect({ status, objects: objects() }).toEqual({ status: 0, objects: interfaces() })
  })

  it('takes one by name, index or local address', async () => {
    const { name, index, ipv4, ipv6 } = hosts().pairs[0].a
    for (const spec of [name, `${index}`, ipv4[1], ipv6[0]]) {
      const { objects } = await runCli(['interfaces', '--json', '-i', spec])
      expect(objects().map((one) => one.name)).toEqual([name])
    }
  })

  it('prints a table without colour in a pipe', async () => {
    const { name, index, mac, ipv4 } = hosts().pairs[1].a
    const { stdout } = await runCli(['interfaces'])
    const row = stdout.split('\n').find((line) => line.includes(` ${name} `))
    expect(row?.trim().split(/\s+/)).toEqual(
      expect.arrayContaining([`${index}`, name, 'up', 'yes', 'broadcast', '1500', mac, `${ipv4[0]}/24`]),
    )
    expect(stdout).not.toContain('\u001b')
  })

  it('says which interfaces there are if one is missing', async () => {
    const { status, stderr } = await runCli(['interfaces', '-i', 'nosuch0'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^sockctl interfaces: no interface 'nosuch0'; there are: lo \(1\), .*\ba0 \(\d+\).*\n$/)
  })
})
