// Completions for zsh.

import { type DefinedCommand, flatten } from './definitions.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** A candidate with its description, as _describe takes them. */
const described = (name: string, does: string): string => quoted(`${name.replaceAll(':', '\\:')}:${does}`)

const FUNCTIONS = `
_sockctl() {
  local at='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $_sockctl_commands == *"|$at $word|"* ]] && at="$at $word"
  done
  if compset -P '--interface='; then compadd -- /sys/class/net/*(N:t); return; fi
  if compset -P '--[a-z-]#='; then _default; return; fi
  case \${words[CURRENT-1]} in
    -i | --interface)
      compadd -- /sys/class/net/*(N:t)
      return
      ;;
  esac
  case "$at" in
ARMS
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _sockctl "$@"; else compdef _sockctl sockctl; fi
`

function arm({ path, below, options, choices, takesOptionName }: DefinedCommand): string {
  const values = options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names)
  const candidates = options.flatMap(({ names, does }) => names.map((name) => described(name, does)))
  const commands = below.map((one) => described(one.path.split(' ').at(-1) ?? '', one.does))
  const lines = [
    ...(values.length === 0 ? [] : [`case \${words[CURRENT-1]} in ${values.join(' | ')}) _default; return ;; esac`]),
    `found=(${candidates.join(' ')})`,
    'if [[ $PREFIX == -* ]]; then _describe -o option found; return; fi',
    ...(commands.length > 0 ? [`found=(${commands.join(' ')})`, '_describe command found'] : []),
    ...(takesOptionName ? [`compadd -- \${=_sockctl_options}`] : []),
    ...(choices.length > 0 ? [`compadd -- ${choices.join(' ')}`] : []),
    ...(commands.length + choices.length === 0 && !takesOptionName ? ['_default'] : []),
  ]
  return `    ${quoted(path === '' ? '' : ` ${path}`)})\n${lines.map((line) => `      ${line}`).join('\n')}\n      ;;`
}

export function zshCompletion(program: DefinedCommand, optionNames: readonly string[]): string {
  const commands = flatten(program)
  const paths = commands.map(({ path }) => ` ${path}`).join('|')
  return `#compdef sockctl
# zsh completion for sockctl: sockctl completion zsh > /usr/local/share/zsh/site-functions/_sockctl
typeset -g _sockctl_commands='|${paths}|'
typeset -g _sockctl_options='${optionNames.join(' ')}'
${FUNCTIONS.trimStart().replace('ARMS', () => commands.map(arm).join('\n'))}`
}
