// `sockctl completion`: prints completions for a shell, made of what the commands define.

import { Argument, type Command } from 'commander'
import type { CommandList } from '../../shell/command-entry.ts'
import { examples } from '../../shell/help.ts'
import { runs } from '../../shell/run.ts'
import { ALL_OPTIONS } from '../options/find.ts'
import { bashCompletion } from './bash.ts'
import { definitions } from './definitions.ts'
import { fishCompletion } from './fish.ts'
import { zshCompletion } from './zsh.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

export const completionCommand =
  (list: CommandList) =>
  (command: Command): void => {
    command.addArgument(new Argument('<shell>', 'for this shell').choices(Object.keys(SHELLS)))
    command.addHelpText(
      'after',
      '\nCompletes commands, their options, interfaces after -i, and socket options by their C names.',
    )
    examples(
      command,
      'source <(sockctl completion bash)',
      'sockctl completion zsh > /usr/local/share/zsh/site-functions/_sockctl',
      'sockctl completion fish > ~/.config/fish/completions/sockctl.fish',
    )
    runs<[shell: keyof typeof SHELLS], object>(command, 'one object: shell, script', async ({ out }, [shell]) => {
      const script = SHELLS[shell](
        await definitions(list),
        ALL_OPTIONS.map(({ name }) => name),
      )
      if (out.json) out.object({ shell, script })
      else out.line(script.trimEnd())
    })
  }
