# What zsh itself completes a line to, a candidate a line: zsh -f completions.zsh FOLDER LINE
# A shell on a pseudo-terminal finds the completions in FOLDER/_sockctl, as in any folder of its fpath, and gets LINE typed and a tab.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "stty -onlcr -echo; PROMPT=; cd ${(q)1}; fpath=(${(q)1} \$fpath); source ${(q)0:a:h}/completions-inside.zsh"
zpty -r -m shell ignored $'*\0ready\0*' || exit 1
zpty -w -n shell "$2"$'\t'
zpty -r -m shell answer $'*\0over\0*' || exit 1
zpty -d shell
answer=${answer#*$'\0begin\0'}
print -r -- "${answer%%$'\0over'*}"
