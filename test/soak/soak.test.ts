// The soak: receivers, senders, joins, blocks, flaps, slow readers, workers and forgotten objects, at random by a seed.
// SOCKCTL_SOAK_SECONDS and SOCKCTL_SOAK_SEED choose how long and which; npm run soak sets them.
import { readdirSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ip, raise, sysctl } from '../support/commands.ts'
import { describeOnHosts } from '../support/hosts.ts'
import { type Lane, lanes, senderAt } from '../support/lanes.ts'
import { createRandom } from '../support/random.ts'
import { askAndAnswer } from './ask-and-answer.ts'
import { collectUntil, endedWorker, forget, settle } from './bystanders.ts'
import { heardAgain } from './heard-again.ts'
import { passDescriptors } from './pass-descriptors.ts'
import { readTooLate } from './slow-reader.ts'
import { type Burst, type SoakedReceiver, soakedReceiver } from './soaked-receiver.ts'

const seconds = Number(process.env.SOCKCTL_SOAK_SECONDS ?? 3)
const seed = Number(process.env.SOCKCTL_SOAK_SEED ?? 1)
/** V8 is told of slabs that readers keep for the next batch, 16 MiB at most; what C's allocator keeps comes and goes. */
const HEAP_SLACK = 24 * 2 ** 20
const RESIDENT_SLACK = 256 * 2 ** 20
const MAX_RECEIVERS = 4

const descriptors = (): number => readdirSync('/proc/self/fd').length

describeOnHosts('a soak', (hosts) => {
  it(
    `holds for ${seconds} s with seed ${seed}`,
    async () => {
      const random = createRandom(seed)
      // A flap takes the IPv6 addresses along unless the kernel is told to keep them.
      using _0 = sysctl('net/ipv6/conf/a0/keep_addr_on_down', 1)
      using _1 = sysctl('net/ipv6/conf/a1/keep_addr_on_down', 1)
      const history: string[] = []
      const counts = {
        steps: 0,
        datagrams: 0,
        changes: 0,
        flaps: 0,
        workers: 0,
        forgotten: 0,
        slow: 0,
        asked: 0,
        passed: 0,
      }
      const receivers: { lane: Lane; soaked: SoakedReceiver }[] = []
      const fail = (problems: readonly string[]): void => {
        if (problems.length > 0)
          throw new Error(
            `seed ${seed}, step ${counts.steps}: ${problems.join('; ')}\nbefore: ${history.slice(-20).join('; ')}`,
          )
      }
      const groupsOf = (lane: Lane): string[] => [lane.group, lane.channel, lane.otherChannel]

      const exchange = async ({ lane, soaked }: (typeof receivers)[number]): Promise<void> => {
        const bursts: Burst[] = []
        for (const group of groupsOf(lane))
          for (const source of random.some(lane.sources)) {
            const seqs = Array.from({ length: 1 + random.below(40) }, () => counts.datagrams++)
            await senderAt(hosts(), source).send({ address: group, port: soaked.port }, seqs)
            bursts.push({ group, source, seqs })
          }
        const marker = senderAt(hosts(), lane.sources[0]).mark({ address: lane.otherGroup, port: soaked.port })
        const arrived = await soaked.inbox.until(marker)
        for (const burst of bursts) fail(soaked.judge(burst, arrived))
      }

      const flap = async (lane: Lane): Promise<void> => {
        await ip('link', 'set', lane.interface, 'down')
        await raise(lane.interface)
        for (const there of lanes.filter(({ at }) => at === lane.at)) await heardAgain(hosts(), there)
        counts.flaps++
      }

      const step = async (): Promise<void> => {
        counts.steps++
        const choice = random.below(100)
        if (receivers.length === 0 || (choice < 10 && receivers.length < MAX_RECEIVERS)) {
          const lane = random.pick(lanes)
          history.push(`open over ${lane.name}`)
          receivers.push({ lane, soaked: await soakedReceiver(random, lane, groupsOf(lane), lane.otherGroup) })
        } else if (choice < 15) {
          const [gone] = receivers.splice(random.below(receivers.length), 1)
          history.push(`close over ${gone?.lane.name}`)
          await gone?.soaked.close()
        } else if (choice < 18) {
          const lane = random.pick(lanes.filter(({ family }) => family === 4))
          // Linux (6.18) forgets the sources of an IPv6 interface that goes down: then nothing arrives any more.
          if (receivers.some(({ lane: { at, family }, soaked }) => at === lane.at && family === 6 && soaked.includes()))
            return
          history.push(`flap ${lane.interface}`)
          await flap(lane)
        } else if (choice < 21) {
          history.push('worker')
          await endedWorker(random.pick(lanes).interface, random.below(30))
          counts.workers++
        } else if (choice < 23) {
          history.push('forget')
          await forget(random.pick(lanes).interface)
          counts.forgotten += 4
        } else if (choice < 27) {
          const lane = random.pick(lanes)
          history.push(`read too late over ${lane.name}`)
          fail(await readTooLate(lane, lane.group, senderAt(hosts(), lane.sources[0]), 200))
          counts.slow++
        } else if (choice < 31) {
          history.push('ask and answer')
          fail(await askAndAnswer(random))
          counts.asked++
        } else if (choice < 35) {
          history.push('pass descriptors')
          fail(await passDescriptors(random))
          counts.passed++
        } else {
          const one = random.pick(receivers)
          history.push(`${await one.soaked.change()} over ${one.lane.name}`)
          counts.changes++
          await exchange(one)
        }
      }

      const soakFor = async (milliseconds: number): Promise<{ heap: number; resident: number }> => {
        for (const end = performance.now() + milliseconds; performance.now() < end; ) await step()
        for (const { soaked } of receivers.splice(0)) await soaked.close()
        await collectUntil(() => descriptors() <= opened)
        await settle()
        const { heapUsed, external, rss } = process.memoryUsage()
        return { heap: heapUsed + external, resident: rss }
      }

      // What stays open for good is opened first: sender processes, the pool of threads.
      for (const source of lanes.flatMap(({ sources }) => sources))
        await senderAt(hosts(), source).mark({ address: source.includes(':') ? 'ff15::9' : '239.1.2.10', port: 9 })
      await step()
      await receivers.pop()?.soaked.close()
      const opened = descriptors()

      // The allocators of C and of V8 grow to what the load needs once; a leak grows in the second half as in the first.
      const half = await soakFor(seconds * 500)
      const whole = await soakFor(seconds * 500)
      const grown = { heap: whole.heap - half.heap, resident: whole.resident - half.resident }
      const memory = {
        heapGrownKiB: Math.round(grown.heap / 2 ** 10),
        residentGrownMiB: Math.round(grown.resident / 2 ** 20),
      }
      const summary = JSON.stringify({ seed, seconds, ...counts, ...memory })
      console.log(summary)
      if (process.env.SOCKCTL_SOAK_JSON) writeFileSync(process.env.SOCKCTL_SOAK_JSON, `${summary}\n`)
      expect(descriptors(), `descriptors; ${opened} before`).toBeLessThanOrEqual(opened)
      expect(grown.heap).toBeLessThan(HEAP_SLACK)
      expect(grown.resident).toBeLessThan(RESIDENT_SLACK)
    },
    (seconds + 120) * 1000,
  )
})
