// socat, the peer of the command line: another program on the same wire.
import { startProgram } from './cli.ts'
import { describeUnless } from './namespace.ts'
import { toolsMissing } from './tools.ts'

/** Tests that need socat. */
export const describeWithSocat = (name: string, tests: () => void): void =>
  describeUnless(toolsMissing({ socat: 'socat' }), name, tests)

/** A socat that runs. */
export interface Socat {
  /** Waits for a datagram that is this text; those before it are dropped. */
  heard(text: string): Promise<unknown>
}

/** Starts socat between two addresses, and waits until it is ready. */
export async function startSocat(args: readonly string[], prefix: readonly string[] = []): Promise<Socat> {
  // With -x, what passes is told as a line of hexadecimal.
  const socat = startProgram(['sh', '-c', 'exec socat -dd -x "$@" 2>&1', 'sh', ...args], { prefix })
  await socat.line(/starting data transfer loop/)
  return {
    heard: (text) => socat.line(new RegExp(`^${Buffer.from(text).toString('hex').replaceAll(/../g, ' $&')}$`)),
  }
}

/** A socat that receives at an address of socat's, such as `UDP4-RECV:5000`. */
export const socatReceiving = (address: string, prefix?: readonly string[]): Promise<Socat> =>
  startSocat(['-u', address, 'OPEN:/dev/null'], prefix)
