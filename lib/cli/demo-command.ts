import type { Command } from 'commander'
import { demo } from './demo.ts'
import { runs } from './run.ts'
import { examples } from './usage.ts'

export function demoCommand(command: Command): void {
  runs(examples(command, 'sockctl demo'), 'one object a step', ({ out }) => demo({ json: out.json }))
}
