#compdef fulcrum
# zsh completion for fulcrum: source <(fulcrum completion zsh), or this as _fulcrum in a folder of $fpath
# The program itself says what may come next: a word, a tab and what it means in each line; `:files` for names of files.
_fulcrum() {
  local -a found candidates
  local line
  found=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)}")
  for line in $found; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done
  (( $#candidates )) && _describe fulcrum candidates
}
if [[ $funcstack[1] == _fulcrum ]]; then _fulcrum "$@"; else compdef _fulcrum fulcrum; fi
