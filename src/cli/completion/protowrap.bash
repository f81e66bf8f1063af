
# What may stand where the cursor is. Knows no option and no command: the tables above do.

# Whether the option $1 takes a value here; what that may be is in the variables of _protowrap_value then.
_protowrap_takes() {
  local group
  for group in $groups; do
    _protowrap_group "$group"
    if [[ " $once $many " == *" $1 "* ]]; then
      _protowrap_value "$group $1"
      return 0
    fi
  done
  return 1
}

# Offers what compgen makes of the arguments behind $1 and begins with $1, the end of the word at the cursor. Of that
# readline replaces only what it takes for a word, which depends on COMP_WORDBREAKS.
_protowrap_offer() {
  local whole=${line[-1]}
  mapfile -t COMPREPLY < <(compgen -P "${whole%"$1"}" "${@:2}" -- "$1")
  ((${#COMPREPLY[@]} == 0)) || COMPREPLY=("${COMPREPLY[@]#"${whole%"$cur"}"}")
}

# Offers files, or directories where $1 says so, whose path begins with $2, the end of the word at the cursor.
_protowrap_offer_paths() {
  local action=file option=default path
  if [[ $1 == directory ]]; then action=directory option=dirnames; fi
  if [[ $cur != ?*"$2" ]]; then
    # readline takes no more than the path for the word, and knows best.
    compopt -o $option
    return
  fi
  _protowrap_offer "$2" -A $action
  if ((${#COMPREPLY[@]} == 1)); then
    path=${COMPREPLY[0]#"${cur%"$2"}"}
    if [[ -d $path ]]; then
      path+=/
      compopt -o nospace
    fi
    printf -v path %q "$path"
    COMPREPLY=("${cur%"$2"}$path")
  fi
}

# Offers values that begin with $1, in which a quote may be open.
_protowrap_offer_value() {
  local value=${1#[\"\']} path
  for path in $paths; do
    if [[ $value == "$path"* ]]; then
      _protowrap_offer_paths file "${value#"$path"}"
      return
    fi
  done
  case $names in
    file | directory) _protowrap_offer_paths "$names" "$value" ;;
    user | group) _protowrap_offer "$value" -A "$names" ;;
    *)
      _protowrap_offer "$value" -W "$values $beginnings"
      # A beginning has to be gone on with.
      if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
      ;;
  esac
}

# Offers the options that begin with $1, without those that are there and cannot be repeated.
_protowrap_offer_options() {
  local group option offered=
  for group in $groups; do
    _protowrap_group "$group"
    offered+=" $many"
    for option in $flags $once; do
      [[ $given == *" $option "* ]] || offered+=" $option"
    done
  done
  _protowrap_offer "$1" -W "$offered"
}

# Offers the server's program, or what may be an argument of it, as $1 says.
_protowrap_offer_server() {
  if [[ $1 == argument ]]; then
    compopt -o default
  elif [[ -z $cur || $cur == /* ]]; then
    # Only an absolute path is taken.
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -c -- "${cur:-/}")
  fi
}

_protowrap() {
  local IFS=$' \t\n' cur=$2 place= words= module= server= groups= flags= once= many= values= beginnings= paths= names=
  local word option= given=' ' glued= i
  local -a line=()
  COMPREPLY=()

  if [[ ${COMP_WORDS[COMP_CWORD - 1]} == [\<\>]* ]]; then
    compopt -o default
    return
  fi
  # bash cuts words at "=" and ":", too.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ ${#line[@]} -gt 0 && ( -n $glued || $word == [:=]* ) ]]; then
      line[${#line[@]} - 1]+=$word
    else
      line+=("$word")
    fi
    if [[ $word == *[:=] ]]; then glued=1; else glued=; fi
  done

  _protowrap_place ''
  for ((i = 0; i < ${#line[@]} - 1; i++)); do
    word=${line[i]}
    if [[ $word == -- ]]; then
      if [[ $server ]]; then
        if ((i == ${#line[@]} - 2)); then _protowrap_offer_server program; else _protowrap_offer_server argument; fi
      fi
      return
    elif [[ $option ]]; then
      option=
    elif [[ $word == -* ]]; then
      words= module=
      given+="${word%%=*} "
      if [[ $word != *=* ]] && _protowrap_takes "$word"; then option=$word; fi
    elif [[ " $words " == *" $word "* ]]; then
      place+=${place:+ }$word
      _protowrap_place "$place"
    elif [[ $module && $word == */* ]]; then
      place+=${place:+ }/
      _protowrap_place "$place"
    else
      return
    fi
  done

  word=${line[i]}
  if [[ -z $option && $word == --*=* ]]; then
    if _protowrap_takes "${word%%=*}"; then _protowrap_offer_value "${word#*=}"; fi
  elif [[ $option ]]; then
    _protowrap_takes "$option"
    _protowrap_offer_value "$word"
  elif [[ $word == -* || -z $words ]]; then
    _protowrap_offer_options "$word"
  elif [[ $module && $word == [./~]* ]]; then
    compopt -o default
  else
    _protowrap_offer "$word" -W "$words"
  fi
}

complete -F _protowrap protowrap
