# First in every program that talks by the agent's protocol: what its answers are made of. POSIX sh (dash, bash, busybox).
#
# Requests: one line, VERB and arguments: ".TEXT" where TEXT is plain, "=" where it is empty, else base64; then as many raw
# bytes as the arguments say.
# Answers: "@text NAME TEXT" lines, each with "@more NAME TEXT" for further lines of it, and "@fact NAME BASE64" lines, then
# "@ok" or "@error CODE BASE64". Nothing that was sent is ever evaluated.
set -u
LC_ALL=C; export LC_ALL

newline='
'
# Text goes as it is: each base64 costs three processes.
fact() { # NAME TEXT
  rest=$2; told="@text $1"
  while :; do
    line=${rest%%"$newline"*}
    case $line in *[[:cntrl:]]*) told="@fact $1 $(printf %s "$2" | base64 | tr -d '\n')"; break;; esac
    told="$told $line"
    case $rest in *"$newline"*) rest=${rest#*"$newline"}; told="$told$newline@more $1";; *) break;; esac
  done
  printf '%s\n' "$told"
}
fail() { printf '@error %s %s\n' "$1" "$(printf %s "$2" | base64 | tr -d '\n')"; return 1; } # what ends with it is not carried out
safe() { case $1 in ''|-*|.*|*[!A-Za-z0-9_.-]*) return 1;; esac; }
number() { case $1 in ''|*[!0-9]*|??????????????*) return 1;; esac; }
# One of the properties that $seen has, a line each, without asking systemd once more.
seen_of() { # PROPERTY → property
  property=$newline$seen$newline
  case $property in *"$newline$1="*) property=${property#*"$newline$1="}; property=${property%%"$newline"*};; *) property=;; esac
}
