import type { Command } from 'commander'
import { runs } from '../../shell/run.ts'
import { examples } from '../../shell/usage.ts'
import { demo } from './demo.ts'

export function demoCommand(command: Command): void {
  runs(examples(command, 'sockctl demo'), 'one object a step', ({ out }) => demo({ json: out.json }))
}
