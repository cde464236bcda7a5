# What a release brings along for other programs of the host: system/KIND in its folder. It is put in place and taken away
# with the units, by "activate", and so it is taken back with them. Follows switch.sh in one program.
#
# A KIND has three functions: KIND_place says where its file lies, KIND_check whether its program takes the file (or goes on
# without it), trying it where nobody else sees it, and KIND_reload has the program read it; each with what is wrong in $said.
system_kinds='acme nginx logrotate rsyslog firewall backup'

# What a program does not take never lies where it would read it; then all of this kind stays as it is. At boot the
# programs come later, and read what lies there.
put_system() { # FOLDER of a release [boot] → said
  good=yes
  for system in $system_kinds; do put_system_file "$1/system/$system" "${2:-}" || { [ -z "$good" ] || first=$said; good=; }; done
  [ -n "$good" ] || { said=$first; return 1; }
}

put_system_file() { # FILE boot|''; of $system
  "${system}_place"
  if [ $system = nginx ]; then dressed "$1" || { said="writing $file"; return 1; }; set -- "$file" "$2"; fi
  if [ -e "$1" ]; then
    cmp -s "$1" "$place" && [ ! -e "$state/unread.$system" ] && return 0
    [ ! -e "$place" ] || has_mark "$place" || { said="$place is not of Slipway in $dir"; return 1; }
  else
    # gone, and perhaps not for its program
    has_mark "$place" || { [ ! -e "$place" ] && [ -e "$state/unread.$system" ]; } || return 0
  fi
  # two that test at the same time would each test without the other's
  mkdir -p -m 700 "$run" && exec 7>>"$run/system.lock" && hold 7 30 || { said="$run/system.lock is held"; return 1; }
  change_system_file "$@"; good_so_far=$?
  exec 7>&-
  return $good_so_far
}

change_system_file() { # FILE boot|''; of $system, at $place
  [ -n "$2" ] || "${system}_check" "$1" || return 1
  former=$state/former.$system
  rm -f "$former"
  [ ! -e "$place" ] || cp "$place" "$former" || { said="writing $former"; return 1; }
  # who is cut off here does not take it for read the next time
  : >"$state/unread.$system"
  lay "$1" "$place" || { said="writing $place"; return 1; }
  # what filters is there already, and goes on with what it has read
  if { [ -z "$2" ] || [ "$system" = firewall ]; } && ! "${system}_reload"; then
    wrong=$said
    lay "$former" "$place"; "${system}_reload"
    said=$wrong
    return 1
  fi
  rm -f "$state/unread.$system" "$former"
  step "system $system"
}

# By rename; without the file there is nothing afterwards.
lay() { # FILE PLACE
  if [ -e "$1" ]; then
    draft=${2%/*}/.${2##*/}.$$ mode=644
    [ "$system" != backup ] || mode=600 # its command may have a password
    mkdir -p "${2%/*}" && (umask 077; cp "$1" "$draft") && chmod $mode "$draft" && durable "$draft" && mv -T "$draft" "$2" || { rm -f "$draft"; return 1; }
  else
    rm -f "$2"
  fi && durable "${2%/*}"
}

# What of a release's files would be new: whether their programs take them, before anything is switched.
system_taken() { # FOLDER of a release → said
  for system in $system_kinds; do
    "${system}_place"
    [ ! -e "$1/system/$system" ] || cmp -s "$1/system/$system" "$place" || "${system}_check" "$1/system/$system" || return
  done
}

# Of those that are there, each with its text, and those that are not ours.
facts_of_system() {
  for system in $system_kinds; do
    "${system}_place"
    [ -e "$place" ] || continue
    if has_mark "$place"; then fact system "$system$newline$(undressed "$place")"; else fact system-foreign "$system $place"; fi
  done
}

# Whether a program would take a file that is not on the host yet; and what else KIND_look says.
serve_try_system() { # KIND BYTES [FOR-KIND_look...], then the text
  number "$2" || { fail NAME_REFUSED "$2"; exit 1; }
  system=$1; tried=$(mktemp -d) && take "$2" >"$tried/text" || { fail DIRECTORY_FAILED "the folder for temporary files"; exit 1; }
  case " $system_kinds " in *" $system "*) ;; *) rm -rf "$tried"; fail NAME_REFUSED "$system"; return;; esac
  shift 2
  "${system}_place"
  if ! said=$(system_allowed "$system" "$tried/text"); then
    fail SYSTEM_FORBIDDEN "$said"
  else
    "${system}_look" "$@"
    "${system}_check" "$tried/text" || fact said "$said"
    printf '@ok\n'
  fi
  rm -rf "$tried"
}

# On a host that has no release, but is in front of those that have: its file is as it lies there.
serve_system() { # KIND BYTES, then the text
  number "$2" || { fail NAME_REFUSED "$2"; exit 1; }
  text=$state/.system; take "$2" >"$text" || { fail DIRECTORY_FAILED "$state"; exit 1; }
  case " $system_kinds " in *" $1 "*) system=$1;; *) fail NAME_REFUSED "$1"; return;; esac
  has_mark "$text" || { fail NAME_REFUSED "the file is not of $dir"; return; }
  said=$(system_allowed "$system" "$text") || { fail SYSTEM_FORBIDDEN "$said"; return; }
  put_system_file "$text" '' || { fail SYSTEM_REFUSED "$said"; return; }
  rm -f "$text"
  printf '@ok\n'
}
