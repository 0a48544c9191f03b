// A link-local source is one address with its zone and without, in `receive` and in `doctor`.
import { afterEach, expect, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { diagnose } from '../support/doctor.ts'
import { openLab } from '../support/doctor-catalogue/lab.ts'
import { describeOnHosts } from '../support/hosts.ts'

describeOnHosts('a link-local source', (hosts) => {
  const opened = { lab: undefined as ReturnType<typeof openLab> | undefined }
  const lab = () => {
    opened.lab ??= openLab(hosts())
    return opened.lab
  }
  afterEach(() => opened.lab?.takeDown())
  const forms = ['[fe80::b0%a0]@[ff15::1]:5004', '[fe80::b0]@[ff15::1]:5004', '[FE80:0::b0%a0]@[ff15::1]:5004']

  it.each(forms)('is received as %s', async (channel) => {
    await lab().frames({ source: 'fe80::b0', destination: 'ff15::1' })
    const { status, stderr } = await runCli(['receive', channel, '-i', 'a0', '--count', '5', '--duration', '5s'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
  it.each(forms)('is found by the doctor as %s', async (channel) => {
    await lab().frames({ source: 'fe80::b0', destination: 'ff15::1' })
    expect(await diagnose(channel, '-i', 'a0')).toMatchObject({ status: 0, flows: true, failed: [] })
  })
  it('of another interface is refused by the doctor', async () => {
    const { status, stderr } = await runCli(['doctor', '[fe80::b0%a1]@[ff15::1]:5004', '-i', 'a0'])
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        'sockctl doctor: the source fe80::b0%a1 is on a1, and the group is to be joined on a0: name one of them\n',
    })
  })
  it('is blocked by receive, which hands the block on to the doctor', async () => {
    await lab().frames({ source: '10.77.0.11', destination: '239.1.1.1' })
    const args = ['receive', '239.1.1.1:5004', '-i', 'a0', '--block', '10.77.0.11', '--duration', '300ms']
    const { status, stderr } = await runCli(args)
    expect(status).toBe(1)
    expect(stderr).toContain('sockctl doctor 239.1.1.1:5004 -i a0 --block 10.77.0.11')
    const found = await diagnose('239.1.1.1:5004', '-i', 'a0', '--block', '10.77.0.11')
    expect(found).toMatchObject({ status: 1, cause: 'wire', delivered: 0 })
  })
})
