// The descriptor that a duplicate was made of. A file that is opened twice stands for a socket and its duplicate.
import { closeSync, fstatSync, openSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { addon, EBADF, thrownBy } from '../support/native-sockets.ts'

const original = (duplicate: number, likely: number) => addon.originalDescriptor?.(duplicate, likely)
const opened = () => openSync(new URL(import.meta.url), 'r')
const kept = () => {
  const fd = opened()
  onTestFinished(() => closeSync(fd))
  return fd
}

it('is found, and the duplicate is closed', () => {
  const fd = kept()
  const duplicate = opened()
  expect(original(duplicate, -1)).toBe(fd)
  expect(() => fstatSync(duplicate)).toThrow('EBADF')
})

it('is the likely one if that is of the same file, and the lowest if not', () => {
  const [lower, higher] = [kept(), kept()]
  expect(original(opened(), higher)).toBe(higher)
  expect(original(opened(), 0)).toBe(Math.min(lower, higher))
})

it('is -1 if there is no other', () => expect(original(opened(), -1)).toBe(-1))

it('is not to be had of what is not open', () => expect(thrownBy(() => original(-1, -1))).toBe(EBADF))
