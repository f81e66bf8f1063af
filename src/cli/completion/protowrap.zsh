
# What may stand where the cursor is. Knows no option and no command: the tables above do.

# Offers values of the option $2 in the group $1.
_protowrap_offer_value() {
  local names= head
  local -a values beginnings paths
  _protowrap_value "$1 $2"
  for head in $paths; do
    if compset -P "${(b)head}"; then
      _files
      return
    fi
  done
  case $names in
    (file) _files ;;
    (directory) _files -/ ;;
    (user) _users ;;
    (group) _groups ;;
    (*)
      compadd -a values
      compadd -S '' -a beginnings
      ;;
  esac
}

# Offers the server's program, or what that takes.
_protowrap_offer_server() {
  if ((CURRENT > 1)); then
    _normal
  elif [[ $PREFIX == /* ]]; then
    _files -g '*(-*)'
  elif [[ -z $PREFIX ]]; then
    # Only an absolute path is taken.
    compadd -S '' /
  fi
}

_protowrap() {
  local curcontext=$curcontext place= module= server= word
  local -a follow groups specs
  integer at dashes

  _protowrap_place ''
  for ((at = 2; at < CURRENT; at++)); do
    word=${(Q)words[at]}
    if [[ -n ${follow[(r)${(b)word}:*]} ]]; then
      place+=${place:+ }$word
    elif [[ -n $module && $word == */* ]]; then
      place+=${place:+ }/
    else
      break
    fi
    _protowrap_place $place
  done

  if ((at == CURRENT && $#follow)) && [[ $PREFIX != -* ]]; then
    if [[ -n $module && $PREFIX == [./~]* ]]; then
      _files
    else
      _describe -t commands command follow
    fi
    return
  fi

  dashes=${words[(ie)--]}
  if ((dashes < CURRENT)); then
    [[ -n $server ]] || return
    words=("${(@)words[dashes + 1,-1]}")
    ((CURRENT -= dashes))
    _protowrap_offer_server
    return
  fi

  words=("$words[1]" "${(@)words[at,-1]}")
  ((CURRENT -= at - 2))
  for word in $groups; do
    _protowrap_group $word
  done
  _arguments : $specs
}

# Loaded by compinit it is the body of the function itself; read by `source` it is not.
if [[ $funcstack[1] == _protowrap ]]; then
  _protowrap "$@"
else
  compdef _protowrap protowrap
fi
