// What an entry of the catalogue is: a network, its story, and what the doctor has to say of it.
import type { Certainty } from '../../../lib/cli/commands/doctor/finding.ts'
import type { Lab } from './lab.ts'

interface Network {
  readonly name: string
  /** What happened, in a sentence. */
  readonly story: string
  /** The arguments of `sockctl doctor`. */
  readonly ask: string
  setUp(lab: Lab): Promise<unknown>
}

export interface BrokenNetwork extends Network {
  /** The public report that the story is of: owner/name#number. */
  readonly report?: string
  /** The check that has to come first, how sure it is, and the cause it tells. */
  readonly check: string
  readonly certainty: Certainty
  readonly says: RegExp
  /** Whether the stream flows all the same, and is told to stop. */
  readonly flows?: true
  /** The command line that mends the network; it is pasted, and the stream has to arrive. Absent: there is none. */
  readonly fix?: RegExp
  /** What is done before the command is pasted: a network that was made to forget in seconds remembers for minutes again. */
  beforeFix?(lab: Lab): Promise<unknown>
}

export interface HealthyNetwork extends Network {
  /** What the verdict says, if not only that the stream arrives. */
  readonly says?: RegExp
}
