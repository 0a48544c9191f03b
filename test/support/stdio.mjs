import { createInterface } from 'node:readline'

/** Prints one JSON line: a message for the test, which takes it with `peer.next()`. */
export function tell(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/**
 * Answers the test's requests: a line `{ id, do, ...fields }` calls `handlers[do](fields)`, one after the other.
 * Ends the process when standard input ends, which is how it notices that the test has died.
 */
export async function serve(handlers) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, do: name, ...fields } = JSON.parse(line)
    try {
      tell({ id, result: (await handlers[name](fields)) ?? null })
    } catch (error) {
      tell({ id, error: { message: error.message, code: error.code, reason: error.reason } })
    }
  }
  process.exit()
}
