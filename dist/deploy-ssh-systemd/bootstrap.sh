# mode: bootstrap, by root: installs this program as an agent that one user may run as root without a password, for the
# services that root names. Follows confine.sh in one program; a confined agent does not do this.
installed=/usr/local/lib/slipway/agent

# Puts a text there whole or not at all, unless it is there already.
place() { # FILE MODE TEXT NOTE
  [ "$(cat "$1" 2>/dev/null)" = "$3" ] && [ "$(stat -c '%u %a' "$1")" = "0 $2" ] && return 0
  fact change "$1$4"
  [ "$dry" = no ] || return 0
  folder=${1%/*}; part=$folder/.slipway.$$
  mkdir -p "$folder" && kept "$folder" >/dev/null && (umask 077; printf '%s\n' "$3" >"$part") && chmod "$2" "$part" &&
    durable "$part" && mv -T "$part" "$1" && durable "$folder" && return 0
  rm -f "$part"; fail BOOTSTRAP_FAILED "writing $1"; return 1
}

# USER RUN-AS yes|no yes|no: whether only to say what would be done; whether to make the user RUN-AS; KIND:SHA256 of each
# system file that the service may have.
serve_bootstrap() {
  dry=$3 made=
  if [ "${4:-no}" = yes ] && [ "$2" != dynamic ] && safe "$2" && ! id -u "$2" >/dev/null 2>&1; then made=$2; fi
  # who is made here is no user of the host's own
  why=$(unfit "$1" "$([ -n "$made" ] && echo dynamic || echo "$2")"); [ -z "$why" ] || { fail BOOTSTRAP_REFUSED "$why"; return; }
  text=$(printf '#!/bin/sh\nconfined=yes\n%s' "$program")
  sum=$(printf '%s\n' "$text" | sha256sum); sum=${sum%% *}
  allowance="$service $dir $2"
  if [ $# -gt 4 ]; then file_sums=$(shift 4; echo "$*"); else file_sums=; fi
  # what it was let before it may go back to
  for file_sum in $(awk -v service="$service" -v dir="$dir" '$1 == service && $2 == dir { for (i = 4; i <= NF; i++) print $i }' "$allowed/$1" 2>/dev/null) $file_sums; do
    case $file_sum in *[!a-z0-9:-]*) fail NAME_REFUSED "$file_sum"; return;; esac
    case " $allowance " in *" $file_sum "*) ;; *) allowance="$allowance $file_sum";; esac
  done
  list=$({ awk -v service="$service" '!/^#/ && $1 != service' "$allowed/$1" 2>/dev/null; echo "$allowance"; } | sort)
  list=$(printf '# What %s may deploy by the agent: SERVICE DIRECTORY USERS, and KIND:SHA256 of its files for other programs\n%s\n' "$1" "$list")
  rule="$1 ALL=(root) NOPASSWD: $installed \"\""
  file=/etc/sudoers.d/slipway-$(id -u "$1")
  said=$(printf '%s\n' "$rule" | visudo -cqf - 2>&1) || { fail BOOTSTRAP_FAILED "visudo: $said"; return; }
  # what was wrong before is not our doing: sudo itself is less strict than visudo
  visudo -cq >/dev/null 2>&1 && sound=yes || sound=no
  if [ -n "$made" ]; then
    fact change "the system user $made"
    [ "$dry" = yes ] || make_user "$made" || { fail USER_FAILED "$made"; return; }
  fi
  place "$installed" 755 "$text" ", sha256 $sum" && place /etc/slipway/agent.sha256 644 "$sum" '' &&
    place "$allowed/$1" 644 "$list" ": $allowance" && place "$file" 440 "$rule" ": $rule" || return
  if [ "$dry" = no ]; then
    [ $sound = no ] || said=$(visudo -c 2>&1) || { rm -f "$file"; fail BOOTSTRAP_FAILED "visudo, $file was removed again: $said"; return; }
    sudo -n -l -U "$1" "$installed" >/dev/null 2>&1 ||
      { fail BOOTSTRAP_FAILED "sudo does not read $file: is there an includedir in sudoers?"; return; }
  fi
  # whoever may do anything else is not confined by this
  ! sudo -n -l -U "$1" /bin/sh >/dev/null 2>&1 || fact wide yes
  printf '@ok\n'
}

# Why it cannot be; nothing when it can.
unfit() { # USER RUN-AS
  [ "$(id -u)" = 0 ] || { echo 'the agent is not root'; return; }
  { command -v sudo && command -v visudo; } >/dev/null || { echo 'there is no sudo on the host'; return; }
  case $1 in *[!A-Za-z0-9_.-]*|[!A-Za-z_]*) echo "the user name $1 has characters that sudoers would misread"; return;; esac
  case $(id -u "$1" 2>/dev/null) in '') echo "there is no user $1"; return;; 0) echo "$1 is root"; return;; esac
  case $2 in
    dynamic) ;;
    *) case $2,$(id -u "$2" 2>/dev/null) in *,|*,0|*[!a-z0-9_,-]*) echo "there is no user $2 that a service can run as"; return;; esac ;;
  esac
  # a dynamic user takes the service's name; with a user of that name it would be that one
  uid=$(id -u "$service" 2>/dev/null)
  [ -z "$uid" ] || { [ "$uid" -ge 61184 ] && [ "$uid" -le 65519 ]; } ||
    { echo "$service is a user of the host: give the service another name"; return; }
  exchangeable
  ! foreign || { echo "$unit exists ($here) and is not of Slipway in $dir"; return; }
  for path in /var/lib /var/cache /var/log /run; do
    [ -d "$state" ] || [ ! -e "$path/$service" ] ||
      { echo "$path/$service exists: a service of that name would be given it"; return; }
  done
}
