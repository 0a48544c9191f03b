# Loaded by the shell of completions.zsh.
autoload -U compinit
compinit -u -D
zstyle ':completion:*' insert-tab false
bindkey '^I' complete-word
begin() { print -rn -- $'\0begin\0' }
over() { print -rn -- $'\0over\0' }
compprefuncs=(begin)
comppostfuncs=(over)
compadd() {
  # Calls that fill an array add no candidate.
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
    builtin compadd "$@"
    return $?
  fi
  local -a hits
  builtin compadd -A hits "$@"
  (( $#hits > 0 )) && print -rl -- $hits
  builtin compadd "$@"
}
print -rn -- $'\0ready\0'
