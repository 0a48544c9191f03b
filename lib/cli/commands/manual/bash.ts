// Completions for bash.

import { type DefinedCommand, flatten } from './definitions.ts'

/** Bash code in which a variable is `$NAME`, written without a template of TypeScript. */
const FUNCTIONS = `
_sockctl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at='' index words=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    if [[ $_sockctl_commands == *"|$at \${COMP_WORDS[index]}|"* ]]; then at="$at \${COMP_WORDS[index]}"; fi
  done
  # Bash splits --interface=eth0 into three words.
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case $prev in
    -i | --interface)
      COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2>/dev/null)" -- "$cur"))
      return
      ;;
  esac
  case "$at" in
ARMS
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _sockctl sockctl
`

function arm({ path, below, options, choices, takesOptionName }: DefinedCommand): string {
  const words = [
    ...choices,
    ...below.map((one) => one.path.split(' ').at(-1)),
    ...options.flatMap(({ names }) => names),
  ]
  const values = options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names)
  const byFiles = values.length === 0 ? '' : `\n      case $prev in ${values.join(' | ')}) return ;; esac`
  const names = takesOptionName ? '\n      [[ $cur == -* ]] || words="$words $_sockctl_options"' : ''
  return `    '${path === '' ? '' : ` ${path}`}')${byFiles}
      words='${words.join(' ')}'${names}
      ;;`
}

export function bashCompletion(program: DefinedCommand, optionNames: readonly string[]): string {
  const commands = flatten(program)
  const paths = commands.map(({ path }) => ` ${path}`).join('|')
  return `# bash completion for sockctl: source <(sockctl completion bash)
_sockctl_commands='|${paths}|'
_sockctl_options='${optionNames.join(' ')}'
${FUNCTIONS.trimStart().replace('ARMS', () => commands.map(arm).join('\n'))}`
}
