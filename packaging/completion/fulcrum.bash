# bash completion for fulcrum: source <(fulcrum completion bash)
# The program itself says what may come next: a word, a tab and what it means in each line; `:files` for names of files.
_fulcrum() {
  local line=${COMP_LINE:0:COMP_POINT} words found current prefix=''
  # Not COMP_WORDS: bash splits host:port there.
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=${words[${#words[@]}-1]}
  [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && prefix=${current%"${current##*:}"}
  COMPREPLY=()
  while IFS= read -r found; do
    if [[ $found == :files ]]; then
      compopt -o filenames 2> /dev/null
      while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$current")
    else
      found=${found%%$'\t'*}
      COMPREPLY+=("${found#"$prefix"}")
    fi
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2> /dev/null)
}
complete -F _fulcrum fulcrum
