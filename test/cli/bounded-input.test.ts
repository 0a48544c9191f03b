// Input without an end, which would take all memory, is refused in a line.
import { createReadStream } from 'node:fs'
import { expect, it } from 'vitest'
import { sockctl, startProgram } from '../support/cli.ts'

it.each([
  [['script', '/dev/zero'], /^sockctl script: \/dev\/zero has more than 16777216 bytes\n$/],
  [['sap', 'announce', '/dev/zero'], /^sockctl sap announce: \/dev\/zero has more than 1048576 bytes\n$/],
])('%j', async (args, why) => {
  const { status, stderr } = await startProgram(sockctl(...args)).ended
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(why) })
})

it.each([
  [['script'], /^sockctl script: a line has more than 1048576 characters\n$/],
  [['sap', 'announce', '-'], /^sockctl sap announce: standard input has more than 1048576 bytes\n$/],
  [['send', '127.0.0.1:5000'], /^sockctl send: a line of more than 65507 bytes is longer than a datagram can be\n$/],
])('%j from a pipe', async (args, why) => {
  const running = startProgram(sockctl(...args))
  const zeros = createReadStream('/dev/zero')
  zeros.pipe(running.stdin)
  const { status, stderr } = await running.ended
  zeros.destroy()
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(why) })
})
