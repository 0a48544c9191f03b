// A call of setsockopt or getsockopt that is made on a worker thread.

import type { NativeBatch } from '../binding/native.ts'
import type { Found, Wanted } from '../net/route-lookup.ts'
import type { OptionParts } from '../options/option.ts'
import { questionToNative, toNative } from './call-now.ts'
import type { DescriptorOwner } from './socket-handle.ts'

/** A duplicate of a descriptor, and how many calls have yet to claim it. */
export interface HeldDescriptor {
  readonly owner: DescriptorOwner
  readonly fd: number
  calls: number
}

/**
 * Thousands of calls may wait together, and most of their cost is their memory: so a call is one object, with the fields
 * of the queue in it.
 */
export abstract class Call {
  abstract readonly option: OptionParts
  abstract readonly syscall: 'getsockopt' | 'setsockopt'
  /** What must be looked up before the call can be added to a batch. */
  abstract readonly lookup: Wanted | undefined
  /** The value to set or the question to ask, as the message of an error shows it. */
  abstract get value(): unknown

  /** Adds the call to a batch. If this throws, the caller gets the error, and the kernel is not asked. */
  abstract addTo(batch: NativeBatch, found: Found): void

  /** Whether the call gives something back, and so must not fail for want of a descriptor. */
  get givesBack(): boolean {
    return false
  }

  /** Makes the call at once on this thread, and settles it. Only calls that give something back are made so. */
  makeNow(_fd: number): unknown {
    throw new Error('this call is made on the worker thread only')
  }

  /** Notes that the call went well, and gives the value for the caller. Calls are settled in their order. */
  done(answer: unknown): unknown {
    return answer
  }

  /** Gives a value for the caller in spite of an error, or throws the error for the caller. */
  recover(error: unknown): unknown {
    throw error
  }

  // The fields of the queue. They are declared only, so that a call that is not sent yet has no room for them.
  declare descriptor: HeldDescriptor
  /** Why a call was refused before the kernel. In an object, since a getter of the program may throw undefined. */
  declare refusal?: { readonly error: unknown }
}

/** A call for an option, with the value or the question its caller gave. */
export class OptionCall extends Call {
  override readonly option: OptionParts
  override readonly syscall: 'getsockopt' | 'setsockopt'
  override readonly value: unknown
  override readonly lookup: Wanted | undefined

  constructor(option: OptionParts, syscall: 'getsockopt' | 'setsockopt', value: unknown, lookup?: Wanted) {
    super()
    this.option = option
    this.syscall = syscall
    this.value = value
    this.lookup = lookup
  }

  override addTo(batch: NativeBatch, _found: Found): void {
    const { option, syscall, value, descriptor } = this
    if (syscall === 'getsockopt') {
      const question = questionToNative(option, value)
      batch.get(descriptor.fd, option.toRead(value).index, question)
    } else {
      const given = toNative(option, value)
      batch.set(descriptor.fd, option.toWrite(value).index, given)
    }
  }
}
