import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Running, runCli, startCli, startProgram } from '../support/cli.ts'
import { onHost, type TwoHosts, twoHosts } from '../support/hosts.ts'
import { describeUnless, namespaceMissing } from '../support/namespace.ts'
import { kernelGroups } from '../support/net-stat.ts'
import { scratchFile } from '../support/scratch.ts'
import { toolsMissing } from '../support/tools.ts'

const missing = namespaceMissing ?? toolsMissing({ iperf: 'iperf', socat: 'socat', ffmpeg: 'ffmpeg' })

interface Summary {
  event: string
  datagrams: number
  lost?: number
  duplicates?: number
  sources: { source: string; rtp?: { received: number; jitter: number }[] }[]
}

const GROUP = '239.1.2.3'

describeUnless(missing, 'sockctl receive and send with other programs', () => {
  let hosts: TwoHosts
  const onB = () => ({ prefix: onHost(hosts, 'B') })

  beforeAll(async () => {
    hosts = await twoHosts()
    // Other programs let the route choose the interface.
    await hosts.ip('A', 'route', 'add', '224.0.0.0/4', 'dev', 'a0')
    await hosts.ip('B', 'route', 'add', '224.0.0.0/4', 'dev', 'b0')
  })
  afterAll(() => hosts?.dispose())

  const receiving = async (...args: string[]): Promise<Running> => {
    const receive = startCli(['receive', '--json', '-i', 'a0', ...args])
    await receive.object<Summary>(({ event }) => event === 'joined')
    return receive
  }
  const summaryOf = async (receive: Running): Promise<Summary> => {
    const ended = await receive.ended
    expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: '' })
    return ended.objects<Summary>().find(({ event }) => event === 'summary') as Summary
  }
  /** Waits until a program on host A has joined. */
  const joinedOnA = async (group = GROUP): Promise<void> => {
    for (const patience = AbortSignal.timeout(10_000); !kernelGroups().some((one) => one.group === group); ) {
      if (patience.aborted) throw new Error(`${group} was not joined`)
      await pause(10)
    }
  }
  it('receive counts what iperf sends by its numbers', async () => {
    const receive = await receiving(`${GROUP}:5001`, '--timeout', '1s')
    const iperf = startProgram(['iperf', '-c', GROUP, '-u', '-l', '200', '-b', '500pps', '-t', '1'], onB())
    const [, sent = ''] = /Sent (\d+) datagrams/.exec((await iperf.ended).stdout) ?? []
    const summary = await summaryOf(receive)
    // iperf counts its last datagram, which has no number, as sent.
    expect(Number(sent)).toBeGreaterThan(400)
    expect(summary).toMatchObject({ lost: 0, duplicates: 0, sources: [{ source: '10.77.0.11' }] })
    expect(Math.abs(summary.datagrams - Number(sent))).toBeLessThanOrEqual(1)
  })

  it('iperf counts what send sends, and finds nothing lost', async () => {
    const iperf = startProgram(['iperf', '-s', '-u', '-B', GROUP, '-i', '1', '-f', 'k'])
    await joinedOnA()
    await runCli(['send', `${GROUP}:5001`, '--size', '200', '--rate', '500', '--duration', '2500ms'], onB())
    // Lost/total.
    expect(await iperf.line(/ sec .* 0\/ *\d{2,3} /)).toContain('(0%)')
  })

  it('socat gets each line send sends', async () => {
    const socat = startProgram([
      'socat',
      '-u',
      `UDP4-RECVFROM:5004,bind=${GROUP},ip-add-membership=${GROUP}:a0,reuseaddr,fork`,
      'SYSTEM:cat; echo',
    ])
    await joinedOnA()
    for (const text of ['first', 'second']) {
      await runCli(['send', `${GROUP}:5004`], { ...onB(), input: `${text}\n` })
      expect(await socat.line(/./)).toBe(text)
    }
  })

  it('receive gets what socat sends', async () => {
    const target = scratchFile('socat')
    const receive = await receiving(`${GROUP}:5004`, '--output', target, '--expect', '1')
    const socat = startProgram(['socat', '-u', '-', `UDP4-DATAGRAM:${GROUP}:5004,ip-multicast-if=10.77.0.11`], onB())
    socat.stdin.end('from socat\n')
    await summaryOf(receive)
    expect(readFileSync(target, 'utf8')).toBe('from socat\n')
  })

  const encoder = ['ffmpeg', '-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', 'sine=duration=2', '-c:a', 'mp2']
  const durationOf = async (path: string): Promise<number> => {
    const probe = startProgram(['ffprobe', '-v', 'error', '-of', 'json', '-show_entries', 'packet=pts_time', path])
    const { packets } = JSON.parse((await probe.ended).stdout) as { packets: unknown[] }
    return packets.length
  }

  it('receive writes out the MPEG-TS that ffmpeg sends, whole', async () => {
    const [target, same] = [scratchFile('received.ts'), scratchFile('same.ts')]
    const receive = await receiving(`udp://@${GROUP}:5004`, '--output', target, '--timeout', '1s')
    const url = `udp://${GROUP}:5004?pkt_size=1316&localaddr=10.77.0.11`
    const ffmpeg = startProgram([...encoder, '-f', 'tee', '-map', '0', `[f=mpegts]${same}|[f=mpegts]${url}`], onB())
    expect(await ffmpeg.ended).toMatchObject({ status: 0, stderr: '' })
    await summaryOf(receive)
    expect(readFileSync(target).equals(readFileSync(same))).toBe(true)
    expect(await durationOf(target)).toBeGreaterThan(70)
  })

  it('receive looks at the RTP that ffmpeg sends', async () => {
    const receive = await receiving(`rtp://@${GROUP}:5004`, '--timeout', '1s')
    const ffmpeg = startProgram([...encoder, '-f', 'rtp', `rtp://${GROUP}:5004?localaddr=10.77.0.11`], onB())
    expect((await ffmpeg.ended).status).toBe(0)
    const { lost, sources } = await summaryOf(receive)
    expect(lost).toBe(0)
    expect(sources[0]?.rtp?.[0]?.received).toBeGreaterThan(20)
  })

  it('ffmpeg reads the MPEG-TS that send sends', async () => {
    const [film, copy] = [scratchFile('film.ts'), scratchFile('copy.ts')]
    expect((await startProgram([...encoder, '-f', 'mpegts', film]).ended).status).toBe(0)
    const url = `udp://${GROUP}:5004?localaddr=10.77.0.1&timeout=2000000`
    const reader = startProgram([
      'ffmpeg',
      '-nostdin',
      '-loglevel',
      'error',
      '-i',
      url,
      '-c',
      'copy',
      '-f',
      'mpegts',
      copy,
    ])
    await joinedOnA()
    expect((await runCli(['send', `${GROUP}:5004`, '--file', film, '--rate', '1Mbit'], onB())).status).toBe(0)
    await reader.ended
    expect(await durationOf(copy)).toBe(await durationOf(film))
  })
})
