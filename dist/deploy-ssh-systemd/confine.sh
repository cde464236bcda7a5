# A request that runs what it was sent, or gives anything of the host to the service, must ask "confined" first.
#
# What an installed agent refuses: services and directories that it was not bootstrapped for, files that somebody else
# could exchange, units that would be more than the service. Follows base.sh in one program; "confined" is set in the
# first lines of the installed one only.
: "${confined:=}"
allowed=/etc/slipway/allowed

# Whether the caller may deploy this service; "why" says why not. Sets runners, the users that it may run as.
permitted() {
  runners=; why=
  [ -n "$confined" ] || return 0
  [ "$(id -u)" = 0 ] || { why='the agent is not root'; return 1; }
  list_of_caller
  runners=$(awk -v service="$service" -v dir="$dir" '$1 == service && $2 == dir { print $3 }' "$list" 2>/dev/null)
  if [ -n "$runners" ]; then
    why=$(exchangeable)
  else
    why="${SUDO_USER:-this user} may not deploy $service in $dir; allowed: $(others)"
  fi
  [ -z "$why" ]
}

list_of_caller() { # → list
  list=$allowed/${SUDO_USER:-}
  case ${SUDO_USER:-} in ''|.*|*/*) list=/nowhere;; esac
}

others() {
  others=$(awk '!/^#/ { printf "%s%s in %s", sep, $1, $2; sep = ", " }' "$list" 2>/dev/null)
  echo "${others:-nothing}"
}

# Whether the caller may look at this service, wherever it lies; "why" says why not.
visible() { # SERVICE
  [ -n "$confined" ] || return 0
  list_of_caller
  [ "$(id -u)" = 0 ] && safe "$1" && awk -v service="$1" '$1 == service { found = 1 } END { exit !found }' "$list" 2>/dev/null ||
    { why="${SUDO_USER:-this user} may not look at $1; allowed: $(others)"; return 1; }
}

# Whether only root can put something else there.
kept() { # FOLDER
  { [ ! -e "$1" ] && [ ! -L "$1" ]; } || [ -n "$(find "$1" -prune -type d -user 0 ! -perm -020 ! -perm -002)" ] ||
    { echo "$1 is a link, not owned by root, or writable by others"; return 1; }
}

# Names the first folder of $dir that is not kept.
exchangeable() {
  rest=$dir; path=
  while [ -n "$rest" ]; do
    rest=${rest#/}; path=$path/${rest%%/*}
    case $rest in */*) rest=/${rest#*/};; *) rest=;; esac
    kept "$path" || return
  done
  for path in "$state" "$dir/releases" "$dir/blobs"; do kept "$path" || return; done
}

# Whether the unit files of a release say only what they may say.
units_allowed() { # FOLDER → why
  unit_allowed "$1/unit" service || return
  for part in socket drop-in timer; do [ ! -e "$1/$part" ] || unit_allowed "$1/$part" "$part" || return; done
}

# Whether a unit file says only what it may say; "why" has what it may not, a line each.
unit_allowed() { # FILE service|socket|drop-in|timer
  why=
  [ -n "$confined" ] || return 0
  why=$(unit_refusals "$1" "$2")
  [ "$why" = 'all right' ]
}

# A confined agent writes outside of the service only what root has let it by bootstrap: these very bytes.
system_allowed() { # KIND FILE; says why not
  "${1}_place"
  [ -z "$confined" ] || let_by_root "$1" "$(sha256sum <"$2")" ||
    { echo "$place, with this text, is not among what root has let ${SUDO_USER:-this user} write"; return 1; }
}

# The same of words that it gives to a program.
words_allowed() { # KIND WORDS; says why not
  [ -z "$confined" ] || let_by_root "$1" "$(printf '%s\n' "$2" | sha256sum)" ||
    { echo "$1 with these words is not among what root has let ${SUDO_USER:-this user} do"; return 1; }
}

let_by_root() { # KIND SUM
  awk -v service="$service" -v dir="$dir" -v wanted="$1:${2%% *}" '
    $1 == service && $2 == dir { for (i = 4; i <= NF; i++) if ($i == wanted) found = 1 }
    END { exit !found }' "$list"
}

systems_allowed() { # FOLDER of a release; says why not
  for system in $system_kinds; do
    [ ! -e "$1/system/$system" ] || system_allowed "$system" "$1/system/$system" || return
  done
}

unit_refusals() { # FILE service|socket|drop-in|timer
  # systemd takes CR and NUL for the end of a line, too
  [ "$(tr -d '\n\040-\176\200-\377' <"$1" | wc -c)" -eq 0 ] || { echo 'it has control characters'; return; }
  # what is up already is not started by it
  up=$(systemctl list-units --state=active --plain --no-legend --full 2>/dev/null | awk '{ printf " %s", $1 }')
  { unit_rules; echo '--'; cat "$1"; } | awk -v kind="$2" -v dir="$dir" -v service="$service" -v runners=",$runners," -v up="$up $service.socket network-online.target " '
    function form(name, value,   path, word, words, w) {
      if (substr(name, 1, 1) == "=") { gsub(/_/, " ", name); gsub(/_/, " ", value); return value == substr(name, 2) }
      if (name == "text") return 1
      if (name == "bool") return value ~ /^(yes|no|true|false)$/
      if (name == "number") return value ~ /^[0-9]+$/
      if (name == "size") return value == "infinity" || value ~ /^[0-9]+(\.[0-9]+)?[KMGTP%]?$/
      if (name == "limit") return value ~ /^([0-9]+[KMGT]?|infinity)(:([0-9]+[KMGT]?|infinity))?$/
      if (name == "time") return value == "infinity" || value ~ /^[0-9.]+ *(us|ms|s|sec|min|m|h|d)?( [0-9.]+ *(us|ms|s|sec|min|m|h|d)?)*$/
      if (name == "words") return value == "" || value ~ /^~?[A-Za-z0-9_@:.+-]+( ~?[A-Za-z0-9_@:.+-]+)*$/
      if (name == "addresses") return value ~ /^[0-9A-Fa-f.:\/]+( [0-9A-Fa-f.:\/]+)*$/
      if (name == "paths") return value == "" || (value ~ /^-?\/[A-Za-z0-9_.\/-]*( -?\/[A-Za-z0-9_.\/-]*)*$/ && value !~ /\.\./)
      if (name == "port") return value ~ /^(([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|\[[0-9A-Fa-f:.]+\]):)?[0-9]+$/
      if (name == "units") return value ~ /^[A-Za-z0-9_@.-]+\.(service|socket|target|mount|path|timer)( [A-Za-z0-9_@.-]+\.(service|socket|target|mount|path|timer))*$/
      if (name == "running-units") {
        words = split(value, word, " ")
        for (w = 1; w <= words; w++) if (!index(up, " " word[w] " ")) return 0
        return words > 0
      }
      if (name == "allowed-user") return value ~ /^[a-z_][a-z0-9_-]*$/ && value != "root" && index(runners, "," value ",")
      if (name == "own-user") return value == service && service !~ /^root$/
      if (name == "own-directory") return value == dir
      if (name == "own-service") return value == service ".service"
      if (name == "own-socket") return value == service ".socket"
      if (name == "own-name") return value == service || (index(value, service "/") == 1 && value ~ /^[A-Za-z0-9_.\/-]+$/ && value !~ /\.\./)
      if (name == "own-run") return inside(value, "/run/" service "/")
      if (name == "own-state") return value == "/var/lib/" service || inside(value, "/var/lib/" service "/")
      if (name == "own-file") return inside(value, dir "/current/")
      if (name == "own-credential") return value ~ /^[A-Za-z0-9_.-]+:/ && inside(substr(value, index(value, ":") + 1), dir "/current/")
      if (name == "own-program") {
        path = dir "/current/" service
        # a lone ; would begin another program, with prefixes of its own
        return (value == path || index(value, path " ") == 1) && value !~ / ;( |$)/
      }
      return 0
    }
    function inside(value, folder) {
      return index(value, folder) == 1 && value ~ /^[A-Za-z0-9_.\/-]+$/ && value !~ /\/\.\.?(\/|$)/ && length(value) > length(folder)
    }
    function refuse(why) { printf "line %d: %s\n", line, why; count++ }
    !body && $0 == "--" { body = 1; next }
    !body { if (NF > 2) rule[$1, $2] = $0; next }
    { line++ }
    /^[#;]/ || $0 == "" { if ($0 ~ /\\$/) refuse("a comment that goes on in the next line"); next }
    /\\$/ { refuse("a line that goes on in the next one"); next }
    /^\[[A-Za-z]+\]$/ { section = substr($0, 2, length($0) - 2); next }
    !/^[A-Za-z][A-Za-z0-9-]*=/ { refuse("this is no directive: " $0); next }
    {
      name = substr($0, 1, index($0, "=") - 1); value = substr($0, index($0, "=") + 1)
      if (!((section, name) in rule) || (section == "Service" && kind ~ /^(socket|timer)$/) || (section == "Install" && kind == "drop-in") || (section == "Socket" && kind != "socket") || (section == "Timer" && kind != "timer")) {
        refuse(name "= is not allowed in [" section "]"); next
      }
      given[name] = 1; good = 0
      forms = split(rule[section, name], wanted, " ")
      for (i = 3; i <= forms; i++) if (form(wanted[i], value)) good = 1
      if (!good) refuse(name "=" value " is not allowed")
      if (name == "User" && !form("allowed-user", value)) shared = 1
    }
    END {
      if (kind == "service" && !count && !("DynamicUser" in given) && !("User" in given)) refuse("there is neither DynamicUser=yes nor User=: the service would be root")
      if (shared && !("DynamicUser" in given)) refuse("User=" service " is not allowed without DynamicUser=yes")
      if (!count) print "all right"
    }'
}
