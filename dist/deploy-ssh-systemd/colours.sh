# Two instances of a service, "blue" and "green": one serves, the other one is started, tried, and gets the requests of the
# proxy; then the first one rests. Follows switch.sh in one program.
#
# state/colour says which one serves; where it is not there, it is the unit without a colour. DIR/blue and DIR/green lead
# to their releases. A release is written for blue; for green it is read otherwise. An intent says from which to which.

wear() { # COLOUR|'' → colour, unit
  colour=$1 unit=$service${1:+-$1}$suffix
}

read_served() { # → served
  served=; [ ! -e "$state/colour" ] || IFS= read -r served <"$state/colour"
  is_colour "$served" || served=
}
is_colour() { case $1 in blue|green) ;; *) false;; esac; }
wear_served() { from_colour=; to_colour=; read_served; wear "$served"; }

# While a switch is under way, it is the one that is tried.
wear_tried() { # TOKEN
  [ ! -e "$state/intent.$1" ] || ! read_intent "$state/intent.$1" || [ -z "$from_colour$to_colour" ] || wear "$to_colour"
}

has_colours() { [ -e "$dir/releases/$1/port-blue" ]; } # RELEASE

choose_colours() { # RELEASE → from_colour, to_colour
  read_served; from_colour=$served to_colour=
  ! has_colours "$1" || if [ "$from_colour" = blue ]; then to_colour=green; else to_colour=blue; fi
}

# A unit file or the site as this colour has it.
dressed() { # FILE → file
  file=$1
  [ -n "$colour" ] && [ -e "$1" ] || return 0
  file=$state/.dressed
  set -- "$1" ''
  [ "$colour" = blue ] || set -- "$1" 's/server 127\.0\.0\.1:\([0-9]*\); # green: \([0-9]*\)$/server 127.0.0.1:\2; # blue: \1/'
  sed -e "s|$dir/current/|$dir/$colour/|g" -e "s|/port-blue\$|/port-$colour|" -e "$2" "$1" >"$file"
}

# The same as the release has it.
undressed() { # FILE
  [ -n "$colour" ] || { cat "$1" 2>/dev/null; return; }
  sed -e "s|$dir/$colour/|$dir/current/|g" -e "s|/port-$colour\$|/port-blue|" \
    -e 's/server 127\.0\.0\.1:\([0-9]*\); # blue: \([0-9]*\)$/server 127.0.0.1:\2; # green: \1/' "$1" 2>/dev/null
}

# Starts a release beside the one that serves. Nobody gets to it yet.
start_beside() { # RELEASE → said
  said="writing $dir/$colour"
  ln -s "releases/$1" "$dir/.$colour.$$" && mv -T "$dir/.$colour.$$" "$dir/$colour" && durable "$dir" &&
    put_unit "$dir/releases/$1/unit" "$unit" && put_drop_in "$dir/releases/$1/drop-in" || return 1
  said='systemd does not read its units'
  systemctl daemon-reload || return 1
  systemctl reset-failed "$unit" 2>/dev/null
  said=$(systemctl restart --no-block "$unit" 2>&1)
}

# With "current", the colour that serves; at boot it is the one that starts.
put_colour() {
  if [ -n "$colour" ]; then
    printf '%s\n' "$colour" >"$state/.colour" && durable "$state/.colour" && mv -T "$state/.colour" "$state/colour"
  else
    [ -e "$state/colour" ] || return 0
    rm -f "$state/colour"
  fi && durable "$state"
}

start_no_other_at_boot() {
  for other in '' -blue -green; do
    [ "$service$other$suffix" = "$unit" ] || ! is_ours "$service$other$suffix" ||
      systemctl --quiet disable "$service$other$suffix" 2>/dev/null
  done
}

# The site leads to the instance that has been tried; the timer of the switch takes that back with it.
serve_traffic() { # TOKEN
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  exec 8>>"$state/switch.lock"; hold 8 60 || { exec 8>&-; fail TRAFFIC_FAILED "$state/switch.lock is held"; return; }
  pass_traffic "$1"; good_so_far=$?
  exec 8>&-
  [ $good_so_far -eq 0 ] || { fail TRAFFIC_FAILED "$said"; return; }
  step passed
  printf '@ok\n'
}

pass_traffic() { # TOKEN → said
  [ -e "$state/intent.$1" ] || { said="it was taken back: $(cat "$state/result.$1" 2>/dev/null)"; return 1; }
  wear_tried "$1"; how=restart
  [ -n "$to_colour" ] || return 0
  look_at_process; settled "$new" || { said="$unit does not run any more"; return 1; }
  activate "$new"
}

# One that does not serve any more ends with the requests that it has. Its files stay until the colour's next turn.
rest() { # COLOUR|'' boot|''
  (
    wear "$1"
    is_ours "$unit" || exit 0
    systemctl --quiet disable "$unit" 2>/dev/null
    [ -n "$2" ] || proxy_has_left
    systemctl stop --no-block "$unit"
    systemctl reset-failed "$unit" 2>/dev/null
    [ -n "$1" ] || ! is_ours "$socket" || { systemctl stop --no-block "$socket"; drop_unit "$socket"; }
  ) 8>&- 9>&-
}

# What a switch leaves when it is confirmed, and when it is taken back.
rest_of_former() { # boot|''
  [ "$from_colour" = "$to_colour" ] || rest "$from_colour" "$1"
}
rest_of_tried() { # boot|''
  [ "$from_colour" != "$to_colour" ] || return 0
  [ -z "$1" ] || systemctl start --no-block "$unit"
  rest "$to_colour" "$1"
}

# Up to 5 s for the workers of nginx that had the site of before.
proxy_has_left() {
  tries=0
  while proxy_is_leaving && [ $tries -lt 50 ]; do
    tries=$((tries + 1)); sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries + 9)); }
  done
}

proxy_is_leaving() {
  for worker in $(children nginx); do ! grep -q 'shutting down' "/proc/$worker/cmdline" 2>/dev/null || return 0; done
  return 1
}

drop_colours() { # boot|''
  for each in blue green; do
    wear $each
    rm -f "$dir/$each"
    is_ours "$unit" || continue
    systemctl stop ${1:+--no-block} "$unit"; drop_unit "$unit"; put_drop_in /nowhere
  done
  rm -f "$state/colour"
  wear ''
}

fact_colours() {
  [ -n "$colour" ] || return 0
  fact colour "$colour"
  if [ "$colour" = blue ]; then other=green; else other=blue; fi
  leads=$(readlink "$dir/$other" 2>/dev/null) || return 0
  fact resting "$other ${leads#releases/} $(systemctl show "$service-$other$suffix" -p ActiveState --value 2>/dev/null)"
}
