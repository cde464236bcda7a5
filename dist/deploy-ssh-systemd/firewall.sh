# What may come in to a service: a kind of system file (see system-files.sh). Its third line names what filters on the host:
# nft, which loads the file itself as a table of the service's own; or ufw or firewalld, whose rules it has, a line each.

firewall_place() { place=/etc/slipway/firewall/$service wall=slipway-firewall-$service.service; }

firewall_check() { # FILE → said
  said=
  [ -e "$1" ] || return 0
  tool=$(tool_of "$1") command=$tool
  [ "$tool" != firewalld ] || command=firewall-cmd
  command -v "$command" >/dev/null || { said="$command is not installed"; return 1; }
  case $tool in
    nft) said=$(nft -c -f "$1" 2>&1) ;;
    ufw) by_tool=ufw; each_rule "$1" ufw_rule try ;;
    firewalld) said=$(firewall-cmd --state 2>&1) ;;
  esac
}

firewall_reload() { # → said; what lies at $place, or nothing
  tool=$(tool_of "$place")
  if [ "$tool" = nft ]; then put_table; else drop_table; fi && put_rules ufw && put_rules firewalld
}

tool_of() { sed -n '3s/^# By //p' "$1" 2>/dev/null; } # FILE

# Loaded whole or not at all; with nftables.service, as that one flushes what is there whenever it is reloaded.
put_table() {
  said=$(nft -f "$place" 2>&1) || return 1
  nft=$(command -v nft)
  printf '%s\n' "[Unit]
Description=What may come in to $service
DefaultDependencies=no
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service
Wants=network-pre.target
Before=network-pre.target
X-Slipway=$dir

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$nft -f $place
ExecReload=$nft -f $place
ExecStop=-$nft delete table inet slipway-$service

[Install]
WantedBy=sysinit.target nftables.service" >"$state/firewall.unit" && put_unit "$state/firewall.unit" "$wall" ||
    { said="writing $units/$wall"; return 1; }
  [ -z "$changed" ] || systemctl daemon-reload
  said=$(systemctl enable --quiet "$wall" 2>&1 && systemctl start --no-block "$wall" 2>&1)
}

drop_table() {
  is_ours "$wall" || return 0
  systemctl disable --quiet --now "$wall" 2>/dev/null
  drop_unit "$wall"; systemctl daemon-reload
  # the unit has nothing to end where it was never started
  ! nft list table inet "slipway-$service" >/dev/null 2>&1 || said=$(nft delete table inet "slipway-$service" 2>&1)
}

# $state/firewall.TOOL has those rules that were not there before: what somebody else has allowed stays allowed.
put_rules() { # TOOL: of the file at $place, when it is for this one
  added=$state/firewall.$1 wanted=/dev/null by_tool=$1 said=
  [ "$tool" = "$1" ] || [ -s "$added" ] || return 0
  [ "$tool" != "$1" ] || wanted=$place
  : >>"$added"
  each_rule "$added" withdraw_rule "$1" || return 1
  grep -xF -f "$wanted" "$added" >"$added.new"
  each_rule "$wanted" add_rule "$1" && mv -T "$added.new" "$added"
}

each_rule() { # FILE COMMAND...: with each of its rules, of $by_tool; what it runs must not read them → said, where one fails
  rules=$1; shift
  while IFS= read -r rule <&6; do
    case $rule in '#'*|'') ;; *) "$@" "$rule" 6<&- || { said="${said:-$by_tool does not take it}: $rule"; return 1; };; esac
  done 6<"$rules"
}

withdraw_rule() { # TOOL RULE
  grep -qxF -e "$2" "$wanted" || "$1_rule" remove "$2"
}

add_rule() { # TOOL RULE
  ! "$1_rule" query "$2" || return 0
  grep -qxF -e "$2" "$added.new" || printf '%s\n' "$2" >>"$added.new"
  cp "$added.new" "$added" && durable "$added" && "$1_rule" add "$2" && "$1_rule" query "$2"
}

# The rule is one of `ufw show added`.
ufw_rule() { # query|try|add|remove RULE
  case $1 in
    query) ufw show added | awk -v rule="ufw $2" '$0 == rule || index($0, rule " comment ") == 1 { found = 1 } END { exit !found }' ;;
    try) (set -f; ufw --dry-run $2 >/dev/null 2>&1) ;;
    add) (set -f; ufw $2 comment "Slipway $service" >/dev/null 2>&1) ;;
    remove) (set -f; ufw delete $2 >/dev/null 2>&1) ;;
  esac
}

# The rule is the option that adds it: now, and for good. A reload would take away what somebody has for now only.
firewalld_rule() { # query|add|remove RULE
  firewall-cmd -q --permanent "--$1-${2#--add-}" && firewall-cmd -q "--$1-${2#--add-}"
}

# Whether a release lets in less than the one before: then only a new connection shows that its way is still open.
closes() { # NEW OLD
  grep -qs 'policy drop;' "$dir/releases/$1/system/firewall" && ! alike "$1" "${2:-none}" system/firewall
}

firewall_look() { return 0; }

# What a run must know of the host to write its rules.
serve_firewall() {
  if ufw status 2>/dev/null | grep -q '^Status: active'; then
    fact tool ufw
    fact incoming "$(ufw status verbose | sed -n 's/^Default: \([a-z]*\) (incoming).*/\1/p')"
  elif firewall-cmd -q --state 2>/dev/null; then
    fact tool firewalld
    fact incoming "$(firewall-cmd --permanent --get-target)"
  elif command -v nft >/dev/null; then
    fact tool nft
    # of all tables but ours: what drops whatever it does not know
    fact dropping "$(nft list chains 2>/dev/null | awk '
      $1 == "table" { table = $2 " " $3 } $1 == "chain" { chain = $2 }
      /hook input .*policy drop;/ && table !~ / slipway-/ { print table " " chain }')"
    fact others "$(nft list tables 2>/dev/null | while read -r word family name; do
      case $name in "slipway-$service") ;; slipway-*) nft list table "$family" "$name";; esac
    done)"
  fi
  fact ssh-port "$(ssh_port)"
  printf '@ok\n'
}

# sudo leaves the connection's variables out; the processes above it have them.
ssh_port() {
  above=$$
  while [ "${above:-0}" -gt 1 ]; do
    words=$(tr '\0' '\n' 2>/dev/null <"/proc/$above/environ" | sed -n 's/^SSH_CONNECTION=//p')
    [ -z "$words" ] || { printf %s "${words##* }"; return; }
    above=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$above/status")
  done
}
