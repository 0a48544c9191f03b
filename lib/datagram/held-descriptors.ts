// Keeps the descriptors of messages that wait to be sent: their owner may close them meanwhile.
import { kernelError } from '../base/errors.ts'
import { type NativeBatch, type NativeDatagrams, type NativeSendChoice, native } from '../binding/native.ts'
import type { PreparedSend } from './prepare.ts'

type Choices = (NativeSendChoice | undefined)[]

const hasDescriptors = (choice: NativeSendChoice | undefined): boolean => choice?.descriptors !== undefined

/**
 * Puts duplicates in the place of the descriptors that are not sent yet. The returned function closes the duplicates;
 * `undefined` if the messages bring no descriptors.
 */
export function holdDescriptors(send: NativeDatagrams, prepared: PreparedSend): (() => void) | undefined {
  const { choice, choices, done } = prepared
  if (!hasDescriptors(choice) && choices?.slice(done).some(hasDescriptors) !== true) return undefined
  const duplicates = new native.Batch()
  try {
    if (choice !== undefined) prepared.choice = withDuplicates(choice, duplicates)
    const own = choices as Choices | undefined
    const controls = prepared.controls as (Uint8Array | undefined)[] | undefined
    for (let index = done; index < (own?.length ?? 0); index++) {
      const one = own?.[index]
      if (own === undefined || controls === undefined || one === undefined || !hasDescriptors(one)) continue
      const held = withDuplicates(one, duplicates)
      own[index] = held
      controls[index] = send.encodeSendControl(false, held, 0)
    }
  } catch (error) {
    duplicates.clear()
    if (typeof error !== 'number') throw error
    throw kernelError({
      asked: 'keep the descriptors of a message that waits for room',
      errno: error,
      syscall: 'fcntl',
      advice: 'each needs a duplicate until the message is sent: close others first, or raise RLIMIT_NOFILE',
    })
  }
  return () => duplicates.clear()
}

const withDuplicates = (choice: NativeSendChoice, duplicates: NativeBatch): NativeSendChoice =>
  hasDescriptors(choice)
    ? { ...choice, descriptors: (choice.descriptors as readonly number[]).map((fd) => duplicates.duplicate(fd)) }
    : choice
