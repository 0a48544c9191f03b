// Completions for fish.

import { type DefinedCommand, flatten } from './definitions.ts'

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const FUNCTIONS = `
function __sockctl_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        if contains -- "$at $word" $__sockctl_commands
            set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
`

function linesOf({ path, below, options, choices, takesOptionName }: DefinedCommand): string[] {
  const at = path === '' ? '' : ` ${path}`
  const here = `complete -c sockctl -n ${quoted(`__sockctl_at ${quoted(at)}`)}`
  return [
    ...below.map(({ path: of, does }) => `${here} -f -a ${of.split(' ').at(-1)} -d ${quoted(does)}`),
    ...options.map(({ names, does, takesValue }) => {
      const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
      const value = names.includes('--interface') ? " -x -a '(command ls /sys/class/net)'" : takesValue ? ' -r' : ''
      return `${here} ${flags.join(' ')}${value} -d ${quoted(does)}`
    }),
    ...(choices.length > 0 ? [`${here} -f -a ${quoted(choices.join(' '))}`] : []),
    ...(takesOptionName ? [`${here} -f -a "$__sockctl_options"`] : []),
  ]
}

export function fishCompletion(program: DefinedCommand, optionNames: readonly string[]): string {
  const commands = flatten(program)
  return `# fish completion for sockctl: sockctl completion fish > ~/.config/fish/completions/sockctl.fish
set -g __sockctl_commands ${commands.map(({ path }) => quoted(` ${path}`)).join(' ')}
set -g __sockctl_options ${optionNames.join(' ')}
${FUNCTIONS.trimStart()}${commands.flatMap(linesOf).join('\n')}
`
}
