// Descriptors passed between Unix sockets in a soak: each message brings those of its own, whoever takes them.
import { fstatSync } from 'node:fs'
import { type Datagram, openSocket, socketPair } from 'sockctl'
import type { Random } from '../support/random.ts'

/** Messages with descriptors over a pair, some of which are taken, some closed and some forgotten: what went wrong. */
export async function passDescriptors(random: Random): Promise<string[]> {
  const type = random.pick(['dgram', 'seqpacket'] as const)
  const how = {
    reuseBuffers: random.chance(0.5),
    ancillary: { credentials: random.chance(0.5), pidfd: random.chance(0.2) },
  }
  const [one, two] = await socketPair(type)
  await using sender = one.toMessageSocket()
  await using receiver = two.toMessageSocket(how)
  // Passed, and told apart by their inodes.
  const files = await Promise.all([1, 2, 3].map(() => openSocket({ family: 'unix', type: 'dgram' })))
  const inodes = files.map(({ fd }) => fstatSync(fd).ino)
  // Chosen before anything runs at once, so that a seed replays.
  const plan = Array.from({ length: 1 + random.below(60) }, () => ({
    passed: random.some([0, 1, 2]),
    fate: random.pick(['close', 'dispose', 'forget'] as const),
  }))
  const closesEarly = random.chance(0.3)
  const sending = sender.send(
    plan.map(({ passed }, n) => ({
      data: Buffer.from(`${n}`),
      descriptors: passed.map((index) => files[index] as { fd: number }),
    })),
  )
  for (const file of files) await file.close()
  const problems: string[] = []
  const take = async ({ data, descriptors = [], ancillaryTruncated }: Datagram<'unix'>): Promise<void> => {
    const n = Number(data)
    const { passed, fate } = plan[n] ?? { passed: [], fate: 'forget' }
    if (ancillaryTruncated) problems.push(`message ${n} says that descriptors are missing`)
    if (fate === 'forget') return
    const came = descriptors.map(({ fd }) => fstatSync(fd).ino)
    if (came.join() !== passed.map((index) => inodes[index]).join()) problems.push(`message ${n} brought ${came}`)
    for (const descriptor of descriptors)
      await (fate === 'close' ? descriptor.close() : descriptor[Symbol.asyncDispose]())
  }
  const until = closesEarly ? Math.ceil(plan.length / 2) : plan.length
  let seen = 0
  while (seen < until)
    for (const message of await receiver.receive()) {
      if (Number(message.data) !== seen++) problems.push(`message ${message.data} came as number ${seen}`)
      await take(message)
    }
  if (closesEarly) await sender.close()
  await sending.catch((error) => {
    if (!closesEarly || error.reason !== 'closed') problems.push(`a send was refused: ${error.message}`)
  })
  return problems
}
